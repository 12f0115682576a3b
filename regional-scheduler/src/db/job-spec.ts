/** A JobSpec and the request beside it as `submissions` holds them, read back. */
import { jobIdSchema, orgIdSchema, regionIdSchema, userIdSchema } from '@cellbook/shared/ids.ts';
import { durabilitySchema, repeatSchema } from '@cellbook/shared/protocol/job-request.ts';
import { tierSchema } from '@cellbook/shared/protocol/principal.ts';
import { jobQuotaSchema } from '@cellbook/shared/protocol/quota.ts';
import { z } from 'zod';
import type { JobSpec } from '../core/model/job.ts';

export const jobSpecSchema: z.ZodType<JobSpec> = z.object({
  jobId: jobIdSchema,
  orgId: orgIdSchema,
  userId: userIdSchema,
  tier: tierSchema,
  kind: z.string(),
  binary: z.string(),
  features: z.array(z.string()),
  gpus: z.int(),
  skus: z.array(z.string()).nullable(),
  gpuMemoryMib: z.number(),
  submittedMs: z.number(),
  notBeforeMs: z.number().nullable(),
  deadlineMs: z.number().nullable(),
  wallMsMax: z.number(),
  attemptsMax: z.int(),
  predicted: z.object({ p50Ms: z.number(), p95Ms: z.number(), seen: z.number(), model: z.string() }),
  preemptible: z.boolean(),
  checkpoints: z.boolean(),
  interactive: z.boolean(),
  regions: z.array(regionIdSchema).nullable(),
  reservedMicros: z.number(),
});

/** Of a repeated task: the first run's id, which run this is, and when it was due. */
export const repeatsSchema = z.object({
  first: jobIdSchema,
  run: z.int().positive(),
  dueMs: z.number(),
  rule: repeatSchema,
  /** By which the next run is judged: those of when the first was asked for. */
  quotas: z.object({ user: jobQuotaSchema, organisation: jobQuotaSchema }),
});

export const jobRequestSchema = z.object({
  name: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  prompt: z.string(),
  parameters: z.record(z.string(), z.unknown()),
  webhookUrl: z.string().nullable(),
  durability: durabilitySchema,
  repeats: repeatsSchema.nullable(),
  /** What it would need, also where it needs nothing since another's result is its own. */
  shape: z.object({
    binary: z.string(),
    gpus: z.int(),
    skus: z.array(z.string()).nullable(),
    gpuMemoryMib: z.number(),
    checkpoints: z.boolean(),
    wallMs: z.number(),
    notBeforeMs: z.number().nullable(),
    deadlineMs: z.number().nullable(),
  }),
  /** The credential and the address it was asked with, for the record. */
  askedWith: z.string(),
  askedFrom: z.string(),
});
export type JobRequest = z.infer<typeof jobRequestSchema>;
