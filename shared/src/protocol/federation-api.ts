/**
 * What the schedulers of two regions say to each other (regional-scheduler/src/federation). Every request carries a
 * token signed with the secret that all regions share: who asks whom, for what, with which body, for a minute.
 */
import { z } from 'zod';
import { jobIdSchema, orgIdSchema, regionIdSchema, userIdSchema } from '../ids.ts';

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

/**
 * Somebody's own cap begins to be one over all regions: what he has used of it without being asked for is to be told at the
 * edge, before the region that says so asks for any of it.
 */
export const capBeginsSchema = z.object({
  orgId: orgIdSchema,
  userId: userIdSchema,
  month: z.string().regex(/^\d{4}-\d{2}$/),
});
export type CapBegins = z.infer<typeof capBeginsSchema>;
export const capBegunSchema = z.object({});

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

/** Copies of a region's queue, at its guardian (regional-scheduler/src/core/federation/guardian.ts). */
const epoch = z.int().min(0);
const turn = z.int().min(0).max(1_000_000_000);
/** Read one by one: one that cannot be read keeps none of the others. */
const each = z.array(z.unknown()).max(1_000);
export const copiesSchema = z.object({
  epoch,
  /** With these all is told that is queued, or under way, under this epoch. */
  isComplete: z.boolean().default(false),
  jobs: each,
});
export const copySchema = z.object({
  ...{ jobId: jobIdSchema, turn, state: z.enum(['queued', 'released']) },
  /** Absent: as it was told before. */
  content: z.object({ spec: z.unknown(), request: z.unknown() }).optional(),
});
/**
 * `missing`: told without content that is not known here. `refused`: what is told of them cannot be read; they are not
 * kept, and need not be told again. What names no job is in neither.
 */
export const copiesAnswerSchema = z.object({
  missing: z.array(jobIdSchema),
  refused: z.array(jobIdSchema).default([]),
});
export const releasesSchema = z.object({ epoch, jobs: each });
/** One that cannot be read is not acknowledged: it is not begun, and named in the answer. */
export const releaseSchema = z.object({ jobId: jobIdSchema, turn, isOver: z.boolean() });
export const releasesAnswerSchema = z.object({
  released: z.array(jobIdSchema),
  taken: z.array(jobIdSchema),
  unread: z.array(jobIdSchema).default([]),
});
export const takenQuerySchema = z.object({
  epoch: z.coerce.number().int().min(0),
  of: z.coerce.number().int().min(0),
  after: z.string().max(100).default(''),
});
/** `isDone`: nothing more of that claim is taken. `next`: after which there is more; null: there is not. */
export const takenAnswerSchema = z.object({
  isDone: z.boolean(),
  jobs: z.array(jobIdSchema),
  next: z.string().nullable(),
});
