/** What a workspace has reached, and what it was refused: `GET /v1/workspaces/:id/egress`. */
import { z } from 'zod';

/** How a connection ended, or why there was none. */
export const egressResultSchema = z.enum([
  'ok',
  /** Cut off: the peer broke it, nothing came for too long, or the sandbox is gone. */
  'broken',
  /** The allowance of the day was used up, before or meanwhile. */
  'over_quota',
  'not_allowed',
  /** The name led to an address that no sandbox may reach. */
  'address_refused',
  /** TLS to another name than the one that was asked for, or no TLS. */
  'name_refused',
  'too_many_connections',
  'unresolved',
  'unreachable',
]);
export type EgressResult = z.infer<typeof egressResultSchema>;

export const egressConnectionSchema = z
  .object({
    startedAt: z.iso.datetime(),
    durationMs: z.number().int(),
    host: z.string(),
    port: z.number().int(),
    /** The one that was connected to; null where it did not come to that. */
    address: z.string().nullable(),
    result: egressResultSchema,
    bytesUp: z.number().int(),
    bytesDown: z.number().int(),
  })
  .meta({ title: 'EgressConnection' });

export const egressListSchema = z
  .object({ connections: z.array(egressConnectionSchema) })
  .meta({ title: 'EgressList' });
