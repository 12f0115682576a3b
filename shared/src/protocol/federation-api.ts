/**
 * What the schedulers of two regions say to each other (regional-scheduler/src/federation). Every request carries a
 * token signed with the secret that all regions share: who asks whom, for what, with which body, for a minute.
 */
import { z } from 'zod';
import { jobIdSchema, regionIdSchema, userIdSchema } from '../ids.ts';

export const federationHeader = 'cellbook-federation';

export const handoffParamsSchema = z.object({
  jobId: jobIdSchema,
  handoff: z.coerce.number().int().min(1).max(1_000),
});

/** `spec` and `request` are as the offering region has stored them; who takes them in parses them by its own schemas. */
export const handoffOfferSchema = z.object({
  offeredMs: z.number(),
  spec: z.unknown(),
  request: z.unknown(),
});

export const handoffAnswerSchema = z.object({ taken: z.boolean(), because: z.string().max(300) });

/** Who withdraws an offer because its owner wants the job no more says so: it is cancelled where it went. */
export const withdrawalQuerySchema = z.object({ cancelledBy: userIdSchema.optional() });

const waitSchema = z.number().nullable();

export const regionStatusSchema = z.object({
  regionId: regionIdSchema,
  takes: z.boolean(),
  waitMs: z.object({ free: waitSchema, paid: waitSchema, enterprise: waitSchema }),
  kinds: z
    .array(
      z.object({
        sku: z.string().max(40),
        gpuMemoryMib: z.number(),
        gpusPerHost: z.number(),
        gpus: z.number(),
      }),
    )
    .max(500),
});
