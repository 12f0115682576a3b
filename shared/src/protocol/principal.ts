/**
 * The principal: who a forwarded request is from, signed by the edge and verified by the cell.
 *
 * The edge puts a compact JWT (EdDSA, Ed25519) in the `cellbook-principal` header of every request it
 * forwards, HTTP and WebSocket alike. It lives for a minute and names one cell as its audience, so one that
 * leaks from a cell is of no use at another. A client can never send the header itself: the edge drops it.
 */
import { z } from 'zod';
import { roleSchema, scopeSchema } from '../access/permissions.ts';
import { cellIdSchema, orgIdSchema, regionIdSchema, userIdSchema, workspaceIdSchema } from '../ids.ts';
import { quotaPolicySchema } from './quota.ts';

export const principalHeader = 'cellbook-principal';
export const requestIdHeader = 'cellbook-request-id';
export const pinEpochHeader = 'cellbook-pin-epoch';
/**
 * Where an admin or operator wants his request answered: a user's id (that user's home cell) or a cell's.
 * Absent, it is the caller's own home. The edge checks who may ask for it; a cell then sees an ordinary request.
 */
export const atHeader = 'cellbook-at';
/** A region the client insists on; asking for another than one's own is refused with the reason. */
export const regionHeader = 'cellbook-region';
/** On a cell's answer: the claims it was sent are older than a change it knows of; the edge reads them anew. */
export const outdatedHeader = 'cellbook-outdated';
/** The client's address as the edge saw it, for the record of who did what from where. */
export const clientAddressHeader = 'cellbook-client-address';
export const principalIssuer = 'cellbook-edge';

export const tierSchema = z.enum(['free', 'paid', 'enterprise']).meta({ title: 'Tier' });
export type Tier = z.infer<typeof tierSchema>;

/** An organisation's word about its audit log; absent, its tier decides. */
export const auditPolicySchema = z.object({
  /** Record the code of every execute_request. */
  code: z.boolean().optional(),
  /** Record reads of files and notebooks, and of GPU jobs. */
  reads: z.boolean().optional(),
  /** How long events are kept at the least. */
  days: z.int().min(1).max(36_525).optional(),
});
export type AuditPolicy = z.infer<typeof auditPolicySchema>;

export const principalSchema = z.object({
  iss: z.literal(principalIssuer),
  aud: cellIdSchema,
  sub: userIdSchema,
  org: orgIdSchema,
  /** What people call this user; shown by JupyterLab. */
  name: z.string().max(200),
  tier: tierSchema,
  /** What the user may do in `org` (shared/src/access). */
  role: roleSchema.default('member'),
  /** What a key is restricted to; null for a person and for a key without a restriction. */
  scopes: z.array(scopeSchema).nullable().default(null),
  /** The session's or key's id, for the record of who did what. */
  cred: z.string().max(64).default(''),
  /** What the organisation's policy says of quotas; absent: the tier's usual ones (quota.ts). */
  quota: quotaPolicySchema.optional(),
  /**
   * How it came in. `session`: the console on the main host (cookie). `workspace`: a workspace's own origin
   * (host-only cookie), valid for `ws` alone. `token`: an API key or client token.
   */
  via: z.enum(['session', 'workspace', 'token']),
  /** Set when the request may touch this workspace only. */
  ws: workspaceIdSchema.optional(),
  /** Where the organisation's policy keeps its data: nothing of it goes elsewhere. Absent: it says nothing. */
  regions: z.array(regionIdSchema).min(1).optional(),
  /** Where the user lives; absent: the cell's own region. */
  region: regionIdSchema.optional(),
  /**
   * Whom an admin or operator has addressed (`cellbook-at`), where it is not his own home: the edge took the
   * request to that user's cell, or to the cell of that name.
   */
  at: z
    .union([z.object({ user: userIdSchema, region: regionIdSchema }), z.object({ cell: cellIdSchema })])
    .optional(),
  /** What the organisation wants recorded beyond writes and refusals, and for how many days. */
  audit: auditPolicySchema.optional(),
  /**
   * The newest changes that the edge knew of when it said this: of the user, his organisation or key (`asOf`), and
   * of what the organisation has set (`policyAsOf`), in milliseconds. A cell that knows of a newer one
   * (shared/src/protocol/standing-api.ts) opens nothing with it. Absent: none.
   */
  asOf: z.int().nonnegative().optional(),
  policyAsOf: z.int().nonnegative().optional(),
  /** When the credential ends, in seconds: what was opened with it ends then. */
  ends: z.int().optional(),
  /** The pin epoch by which the edge chose the cell. */
  pin: z.int().nonnegative(),
  /** Seconds since the epoch, as in RFC 7519. */
  iat: z.int(),
  exp: z.int(),
});
export type Principal = z.infer<typeof principalSchema>;
