/**
 * How a provider is asked over HTTP, by whoever writes an adapter for a cloud or a rack:
 *
 *     GET    /nodes                 all that have not gone yet
 *     PUT    /nodes/<requestKey>    one is to come; repeats change nothing
 *     DELETE /nodes/<requestKey>    it is to go; of one that is gone nothing happens
 *
 * each with `authorization: Bearer <the secret of the provider's file>`. PUT and DELETE answer 202 once they are kept.
 */
import { hostIdSchema } from '@cellbook/shared/ids.ts';
import { z } from 'zod';

export const nodeRequestSchema = z.object({
  kind: z.object({
    name: z.string().min(1),
    sku: z.string().min(1),
    gpus: z.int().min(1),
    gpuMemoryMib: z.int().min(1),
  }),
  hostId: hostIdSchema,
  agentKey: z.string().min(1),
  schedulerUrl: z.url(),
});

export const requestKeySchema = z.string().regex(/^[a-z0-9.-]{1,80}$/);

export const nodesSchema = z.object({
  nodes: z.array(
    z.object({
      requestKey: requestKeySchema,
      phase: z.enum(['provisioning', 'up', 'failed', 'removing']),
      because: z.string().nullable(),
    }),
  ),
});
