/**
 * The API keys that people and service accounts have. The router never asks on the way of a request: what a key
 * says is in it, signed, and one revoked is among the directory's revocations. Both implementations pass the
 * suite in key-store.test.ts.
 */
import { scopeSchema } from '@cellbook/shared/access/permissions.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { ApiKeyId, OrgId, UserId } from '@cellbook/shared/ids.ts';
import { apiKeyIdSchema, orgIdSchema, userIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';

export const keyRowSchema = z.object({
  id: apiKeyIdSchema,
  /** A person or a service account. */
  userId: userIdSchema,
  /** The organisation it acts in. */
  orgId: orgIdSchema,
  name: z.string(),
  /** Null: no restriction. */
  scopes: z.array(scopeSchema).nullable(),
  /** The last characters, by which its owner tells it from others. */
  hint: z.string(),
  createdBy: userIdSchema,
  createdAtMs: z.int(),
  expiresAtMs: z.int(),
  /** To the minute; null: never. */
  lastUsedAtMs: z.int().nullable(),
});
export type KeyRow = z.infer<typeof keyRowSchema>;

export interface NewKey extends Omit<KeyRow, 'lastUsedAtMs'> {
  /** SHA-256 of the key, hex. The key itself is kept nowhere. */
  hash: string;
}

/** Whose keys: of one user, of everybody in an organisation, or of one user in it. */
export type KeysOf = { userId: UserId; orgId?: OrgId } | { orgId: OrgId };

export interface KeyStore {
  /**
   * Makes a key unless the user has one of this id already; either way the one there is now.
   * Throws `quota_exceeded` when the user has `limits.edge.tokensPerUserMax` live ones, or with those revoked
   * before their time `tokensKeptPerUserMax`: one user could else crowd out everyone's revocations.
   */
  create(key: NewKey, nowMs: number): Promise<KeyRow>;
  /** Live keys, newest first, `limits.edge.keysListedMax` at most. */
  list(of: KeysOf, nowMs: number): Promise<KeyRow[]>;
  /** False when there is no such live key of theirs. Its id is among the directory's revocations from then on. */
  revoke(of: KeysOf, id: ApiKeyId, nowMs: number): Promise<boolean>;
  used(id: ApiKeyId, atMs: number): Promise<void>;
}

export function tooManyKeys(userId: UserId): CellbookError {
  return new CellbookError('quota_exceeded', {
    doing: `creating a key for ${userId}`,
    problem: `there are ${limits.edge.tokensPerUserMax} keys already, or too many were made and revoked`,
    next: 'Revoke one that is no longer used; make new ones less often.',
    ids: { user: userId },
  });
}
