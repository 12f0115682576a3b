/**
 * What `/v1/jobs` answers; what is asked for is in job-request.ts.
 *
 *     POST   /v1/jobs                     one, with an Idempotency-Key          → 202 job
 *     POST   /v1/jobs/batch               thousands, each with its own answer   → 200 results
 *     GET    /v1/jobs                     newest first, filters, cursor
 *     GET    /v1/jobs/{id}                everything known of one
 *     POST   /v1/jobs/{id}/cancel         → 202 job
 *     GET    /v1/jobs/{id}/logs           the last lines of each attempt
 *     GET    /v1/jobs/{id}/events         server-sent events; Last-Event-ID goes on
 *     GET    /v1/jobs/{id}/result         → a signed URL that expires
 *     GET    /v1/jobs/queue               where the caller's organisation stands
 *     GET    /v1/jobs/webhook-key         what signatures are checked with
 *     GET    /v1/results/{region}/{id}/{name}?expires&signature    the bytes; Range, HEAD, ETag
 *
 * A job of another organisation is `not_found`, word for word as if there were none.
 */
import { z } from 'zod';
import { type ErrorBody, httpStatusByCode } from '../errors.ts';
import { attemptIdSchema, jobIdSchema, orgIdSchema, regionIdSchema } from '../ids.ts';
import { limits } from '../limits.ts';
import { whyNotStorable } from '../storable.ts';
import { jobSchema } from './job.ts';
import { tierSchema } from './principal.ts';

/** On an answer of a scheduler: the job is that region's by now; ask there. */
export const jobRegionHeader = 'cellbook-job-region';

const at = z.iso.datetime();

export const jobListSchema = z
  .object({ jobs: z.array(jobSchema), nextCursor: z.string().nullable() })
  .meta({ title: 'JobList' });

const isStorable = (text: string): boolean => whyNotStorable(text) === null;
const unstorable = 'it holds NUL, which no text may';

export const jobListQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(limits.jobs.pageSizeMax).default(limits.jobs.pageSizeDefault),
  cursor: z.string().max(200).optional(),
  /** Whose: your own in the organisation you act in, or everybody's in it. */
  of: z.enum(['me', 'organisation']).default('me'),
  kind: z.string().max(40).refine(isStorable, unstorable).optional(),
  /** `name=value`. */
  label: z
    .string()
    .regex(/^[^=]{1,60}=.{0,100}$/, 'expected name=value')
    .refine(isStorable, unstorable)
    .optional(),
  since: z.iso.datetime({ offset: true }).optional(),
  /** `waiting`, `running` or `ended`. Jobs of a page that do not fit are left out of it: a page may be short. */
  state: z.enum(['waiting', 'running', 'ended']).optional(),
});

export const errorBodySchema = z
  .object({
    code: z.enum(Object.keys(httpStatusByCode) as [ErrorBody['code'], ...ErrorBody['code'][]]),
    message: z.string(),
    reason: z.string().nullable(),
    next: z.string().optional(),
    ids: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
    requestId: z.string().optional(),
  })
  .meta({ title: 'Refusal' });

export const batchAnswerSchema = z
  .object({
    accepted: z.int(),
    refused: z.int(),
    /** In the order of the request. */
    results: z.array(
      z.union([
        z.object({ job: jobSchema }).meta({ title: 'BatchAccepted' }),
        z
          .object({ error: errorBodySchema, retryAfterSeconds: z.int().nullable() })
          .meta({ title: 'BatchRefused' }),
      ]),
    ),
  })
  .meta({ title: 'BatchAnswer' });

export const jobLogSchema = z
  .object({
    attempts: z.array(
      z.object({
        id: attemptIdSchema,
        number: z.int(),
        /** The last lines it wrote. */
        tail: z.string(),
        at: at.nullable(),
      }),
    ),
  })
  .meta({ title: 'JobLog' });

export const jobResultSchema = z
  .object({
    /** Whoever has it may fetch the bytes until it expires: no sign-in is asked for. */
    url: z.url(),
    expiresAt: at,
    bytes: z.number(),
    name: z.string(),
    contentType: z.string(),
  })
  .meta({ title: 'JobResult' });

export const resultQuerySchema = z.object({
  seconds: z.coerce
    .number()
    .int()
    .min(1)
    .max(limits.jobs.resultUrlSecondsMax)
    .default(limits.jobs.resultUrlSecondsDefault),
});

/** Where the caller's organisation stands in its tier of this region. */
export const queueAnswerSchema = z
  .object({
    region: regionIdSchema,
    organisationId: orgIdSchema,
    tier: tierSchema,
    organisation: z.object({ unfinished: z.int(), limit: z.int() }),
    user: z.object({ unfinished: z.int(), limit: z.int() }),
    spend: z.object({
      month: z.string(),
      reservedMicros: z.int(),
      spentMicros: z.int(),
      capMicros: z.int(),
    }),
    /** As the scheduler said last; null: nobody decides at present. */
    tierQueue: z
      .object({ waiting: z.int(), expectedWaitMs: z.number().nullable(), isShedding: z.boolean(), at })
      .nullable(),
  })
  .meta({ title: 'JobQueue' });

export const webhookKeySchema = z
  .object({ key: z.string(), algorithm: z.literal('hmac-sha256') })
  .meta({ title: 'WebhookKey' });

/** `event: job`, whenever something has happened; the data is the job whole. `id` is for Last-Event-ID. */
export const jobEventSchema = z.object({ job: jobSchema, what: z.string(), at }).meta({ title: 'JobEvent' });
/** `event: progress`: true now, and not told again to who was away. */
export const jobProgressEventSchema = z.object({
  jobId: jobIdSchema,
  progress: z.number().min(0).max(1),
  at,
});

/**
 * The body of a webhook. It comes with `webhook-id` (the same in every try), `webhook-timestamp` (seconds) and
 * `webhook-signature`: `v1,` and the base64 of HMAC-SHA256 over `{id}.{timestamp}.{body}`; several between spaces while
 * a key is being replaced.
 */
export const webhookBodySchema = z.object({ type: z.literal('job.ended'), timestamp: at, data: jobSchema });
export type WebhookBody = z.infer<typeof webhookBodySchema>;
