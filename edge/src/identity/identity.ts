/**
 * Who a request is from, as its credential says. Three credentials, one form: a compact JWT (HS256, key named
 * by `kid`) whose audience tells them apart, so that one can never stand in for another.
 *
 * | audience             | lives in                                   | valid for                 |
 * | cellbook-session     | cookie on the main host                    | the main host             |
 * | cellbook-workspace   | host-only cookie on a workspace's origin   | that one workspace        |
 * | cellbook-token       | the client (`Authorization`, `?token=`)    | /v1 and /w, any client    |
 */

import { roleSchema, scopeSchema } from '@cellbook/shared/access/permissions.ts';
import { orgIdSchema, regionIdSchema, userIdSchema, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { tierSchema } from '@cellbook/shared/protocol/principal.ts';
import { z } from 'zod';

export const credentialKinds = ['session', 'workspace', 'token'] as const;
export type CredentialKind = (typeof credentialKinds)[number];

export const issuer = 'cellbook-edge';
export const audienceOf = (kind: CredentialKind): string => `cellbook-${kind}`;

export const personSchema = z.object({
  sub: userIdSchema,
  org: orgIdSchema,
  name: z.string().min(1).max(200),
  tier: tierSchema,
  region: regionIdSchema,
  role: roleSchema.default('member'),
});
/** What is known of a user without asking a store. */
export type Person = z.infer<typeof personSchema>;

export const claimsSchema = personSchema.extend({
  /** The session's or the token's id: what a revocation names. A workspace cookie carries its session's. */
  jti: z.string().min(1).max(64),
  ws: workspaceIdSchema.optional(),
  /** What a key is restricted to; null: no restriction. */
  scopes: z.array(scopeSchema).nullable().default(null),
  iat: z.int(),
  exp: z.int(),
});
export type Claims = z.infer<typeof claimsSchema>;

export interface Identity extends Claims {
  readonly via: CredentialKind;
  /** The newest change of the holder that this says nothing older than (directory/standing.ts); absent: none known. */
  readonly asOfMs?: number;
}
