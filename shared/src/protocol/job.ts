/**
 * A job as `/v1/jobs` shows it: what it is, where it is, why it does not run yet, and what became of each attempt.
 */
import { z } from 'zod';
import { attemptIdSchema, jobIdSchema, regionIdSchema, userIdSchema } from '../ids.ts';
import { failureClassSchema } from './gpu-agent-api.ts';
import { durabilitySchema, resourcesSchema, webhookSchema } from './job-request.ts';
import { tierSchema } from './principal.ts';

/** `submitted`: safe, and not yet taken up by the scheduler. The rest as the scheduler says it. */
export const jobPhaseSchema = z
  .enum([
    'submitted',
    'held',
    'queued',
    'scheduled',
    'running',
    'spilling',
    'spilled',
    'succeeded',
    'failed',
    'timed_out',
    'cancelled',
    'dead_lettered',
  ])
  .meta({ title: 'JobPhase' });
export type ShownJobPhase = z.infer<typeof jobPhaseSchema>;

const at = z.iso.datetime();

/** Why a job does not run yet: the first is what it waits for now. */
export const pendingReasonSchema = z
  .discriminatedUnion('code', [
    /** The scheduler has not seen it yet; `leaderless`: none decides at present, and nothing is lost by it. */
    z
      .object({ code: z.literal('not_taken_up'), leaderless: z.boolean() })
      .meta({ title: 'PendingNotTakenUp' }),
    z.object({ code: z.literal('not_before'), until: at }).meta({ title: 'PendingNotBefore' }),
    z
      .object({ code: z.literal('retry'), until: at, failed: failureClassSchema })
      .meta({ title: 'PendingRetry' }),
    /** Requests that look like it hang or fail; `problem` names what they have in common. */
    z
      .object({ code: z.literal('class_limited'), problem: z.string(), until: at.nullable() })
      .meta({ title: 'PendingClassLimited' }),
    /** No host of the region could ever hold it. */
    z
      .object({ code: z.literal('no_such_hardware'), problem: z.string() })
      .meta({ title: 'PendingNoSuchHardware' }),
    /** Hosts that could hold it have no room. */
    z
      .object({ code: z.literal('no_room'), gpus: z.int(), fitting: z.int() })
      .meta({ title: 'PendingNoRoom' }),
    /** The organisation runs as many as it may. */
    z
      .object({ code: z.literal('organisation_at_limit'), running: z.int(), limit: z.int() })
      .meta({ title: 'PendingOrganisationAtLimit' }),
    /** Others' jobs have their turn before it. */
    z.object({ code: z.literal('turn'), ahead: z.int() }).meta({ title: 'PendingTurn' }),
    z.object({ code: z.literal('moving'), to: regionIdSchema }).meta({ title: 'PendingMoving' }),
  ])
  .meta({ title: 'PendingReason' });
export type PendingReason = z.infer<typeof pendingReasonSchema>;

/** Counted at `at`, in the order in which jobs would start if nothing came or ended. */
export const queuePlaceSchema = z
  .object({
    /** Among the jobs of its tier that wait, from 1. */
    position: z.int().positive(),
    of: z.int().positive(),
    tier: tierSchema,
    /** Among those of its own organisation in the tier. */
    positionInOrganisation: z.int().positive(),
    ofOrganisation: z.int().positive(),
    /** False: others may still pass it by fairness, size or a preemption; `position` is where it stands now. */
    settled: z.boolean(),
    at,
  })
  .meta({ title: 'QueuePlace' });
export type QueuePlace = z.infer<typeof queuePlaceSchema>;

export const predictedStartSchema = z
  .object({
    /** As likely before as after. */
    likely: at,
    /** In 19 of 20 cases no later. */
    latest: at,
    /** From how many jobs like those ahead it is worked out; 0: nobody has seen any, and it says little. */
    seen: z.int().nonnegative(),
  })
  .meta({ title: 'PredictedStart' });

export const shownAttemptSchema = z
  .object({
    id: attemptIdSchema,
    number: z.int().positive(),
    host: z.string(),
    gpus: z.int(),
    version: z.string(),
    placedAt: at,
    startedAt: at.nullable(),
    endedAt: at.nullable(),
    outcome: z.enum(['succeeded', 'failed', 'preempted', 'cancelled']).nullable(),
    /** Where it failed. */
    failed: z.object({ class: failureClassSchema, detail: z.string() }).nullable(),
    ranMs: z.number().nullable(),
    /** Of the job's running time, by its last checkpoint. */
    savedMs: z.number(),
  })
  .meta({ title: 'JobAttempt' });
export type ShownAttempt = z.infer<typeof shownAttemptSchema>;

export const jobSchema = z
  .object({
    id: jobIdSchema,
    name: z.string().nullable(),
    labels: z.record(z.string(), z.string()),
    kind: z.string(),
    binary: z.string(),
    ownerId: userIdSchema,
    tier: tierSchema,
    /** Whose it is now; another than the one that was asked: it was handed over. */
    region: regionIdSchema,
    phase: jobPhaseSchema,
    resources: resourcesSchema.extend({ skus: z.array(z.string()).nullable() }),
    submittedAt: at,
    startedAt: at.nullable(),
    endedAt: at.nullable(),
    /** Why it ended as it did, for a person; null before. */
    because: z.string().nullable(),
    /** 0–1 as the program tells it; null: it tells nothing. */
    progress: z.number().min(0).max(1).nullable(),
    attempts: z.int().nonnegative(),
    preemptions: z.int().nonnegative(),
    cancelAsked: z.boolean(),
    /** In millionths of the account's unit: held of the spend cap until it ends, and what it has cost then. */
    reservedMicros: z.int().nonnegative(),
    costMicros: z.int().nonnegative().nullable(),
    /** The job whose result is this one's, where an identical request had been made. */
    sameAs: jobIdSchema.nullable(),
    /** The first job of those that repeat it, and which run of it this is. */
    repeats: z.object({ first: jobIdSchema, run: z.int().positive() }).nullable(),
  })
  .meta({ title: 'Job' });
export type Job = z.infer<typeof jobSchema>;

export const jobDetailsSchema = jobSchema
  .extend({
    /** Null for who may see the job, and not what is in it. */
    prompt: z.string().nullable(),
    parameters: z.record(z.string(), z.unknown()).nullable(),
    notBefore: at.nullable(),
    deadline: at.nullable(),
    wallSeconds: z.int(),
    durability: durabilitySchema,
    webhook: webhookSchema
      .extend({ state: z.enum(['waiting', 'delivered', 'given_up']), attempts: z.int(), problem: z.string() })
      .nullable(),
    /** Why it does not run yet; empty once it does. */
    pending: z.array(pendingReasonSchema),
    queue: queuePlaceSchema.nullable(),
    predictedStart: predictedStartSchema.nullable(),
    predictedRunMs: z.object({ p50: z.number(), p95: z.number(), seen: z.int() }),
    tries: z.array(shownAttemptSchema),
    result: z
      .object({ bytes: z.number(), name: z.string(), contentType: z.string(), fetchableUntil: at })
      .nullable(),
  })
  .meta({ title: 'JobDetails' });
export type JobDetails = z.infer<typeof jobDetailsSchema>;
