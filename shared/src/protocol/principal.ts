/**
 * The principal: who a forwarded request is from, signed by the edge and verified by the cell.
 *
 * The edge puts a compact JWT (EdDSA, Ed25519) in the `cellbook-principal` header of every request it
 * forwards, HTTP and WebSocket alike. It lives for a minute and names one cell as its audience, so one that
 * leaks from a cell is of no use at another. A client can never send the header itself: the edge drops it.
 */
import { z } from 'zod';
import { cellIdSchema, orgIdSchema, userIdSchema, workspaceIdSchema } from '../ids.ts';

export const principalHeader = 'cellbook-principal';
export const requestIdHeader = 'cellbook-request-id';
export const pinEpochHeader = 'cellbook-pin-epoch';
export const principalIssuer = 'cellbook-edge';

export const tierSchema = z.enum(['free', 'paid', 'enterprise']);
export type Tier = z.infer<typeof tierSchema>;

export const principalSchema = z.object({
  iss: z.literal(principalIssuer),
  aud: cellIdSchema,
  sub: userIdSchema,
  org: orgIdSchema,
  /** What people call this user; shown by JupyterLab. */
  name: z.string().max(200),
  tier: tierSchema,
  /**
   * How it came in. `session`: the console on the main host (cookie). `workspace`: a workspace's own origin
   * (host-only cookie), valid for `ws` alone. `token`: an API key or client token.
   */
  via: z.enum(['session', 'workspace', 'token']),
  /** Set when the request may touch this workspace only. */
  ws: workspaceIdSchema.optional(),
  /** The pin epoch by which the edge chose the cell. */
  pin: z.int().nonnegative(),
  /** Seconds since the epoch, as in RFC 7519. */
  iat: z.int(),
  exp: z.int(),
});
export type Principal = z.infer<typeof principalSchema>;
