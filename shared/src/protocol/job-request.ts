/**
 * What a client asks for with `POST /v1/jobs`. A job is a prompt or a notebook for an opaque program that holds one to
 * eight GPUs of one host. A request says what is to run, on what, when, and what is to happen with others like it; all
 * but what is to run has a default.
 */
import { z } from 'zod';
import { regionIdSchema } from '../ids.ts';
import { limits } from '../limits.ts';
import { storedBytesOf, whyNotStorable } from '../storable.ts';
import { idempotencyKeySchema } from './workspace-api.ts';

const { jobs } = limits;

/** As it is kept. Of what cannot be kept at all the request as a whole says so. */
const fits = (value: unknown, bytesMax: number): boolean =>
  whyNotStorable(value) !== null || storedBytesOf(value) <= bytesMax;
const prompt = z.string().max(jobs.promptCharsMax);
const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,59}$/, 'expected up to 60 lower-case letters, digits, dots, dashes');

/** Handed to the program as they are. */
const parametersSchema = z
  .record(z.string().min(1).max(64), z.unknown())
  .refine((value) => fits(value, jobs.parametersBytesMax), `more than ${jobs.parametersBytesMax} bytes`)
  .meta({ title: 'JobParameters' });

/** What every renderer understands is checked; what else there is goes to the program as it is. */
const videoParametersSchema = z
  .looseObject({
    durationSeconds: z.number().min(0.1).max(600).optional(),
    width: z.int().min(16).max(7_680).multipleOf(2).optional(),
    height: z.int().min(16).max(4_320).multipleOf(2).optional(),
    fps: z.int().min(1).max(120).optional(),
    steps: z.int().min(1).max(10_000).optional(),
    /** The same prompt, parameters and seed give the same video. */
    seed: z.int().min(0).max(4_294_967_295).optional(),
  })
  .refine((value) => fits(value, jobs.parametersBytesMax), `more than ${jobs.parametersBytesMax} bytes`)
  .meta({ title: 'VideoParameters' });

const notebookCellSchema = z.looseObject({ cell_type: z.string() }).meta({ title: 'NotebookCell' });
const notebookSchema = z
  .looseObject({ cells: z.array(notebookCellSchema), nbformat: z.literal(4) })
  .refine((value) => fits(value, jobs.notebookBytesMax), `more than ${jobs.notebookBytesMax} bytes`)
  .meta({ title: 'NotebookDocument' });

/** What is to run. */
export const taskSchema = z
  .discriminatedUnion('kind', [
    z
      .strictObject({
        kind: z.literal('video'),
        prompt: prompt.min(1),
        parameters: videoParametersSchema.optional(),
        binary: name.default('video-renderer'),
      })
      .meta({ title: 'VideoTask' }),
    z
      .strictObject({
        kind: z.literal('notebook'),
        /** An nbformat 4 document; its result is the same one with outputs. */
        notebook: notebookSchema,
        /** Set in a cell before the first, as papermill does. */
        parameters: parametersSchema.optional(),
        binary: name.default('notebook'),
      })
      .meta({ title: 'NotebookTask' }),
    z
      .strictObject({
        kind: z.literal('task'),
        /** A program that the hosts of the region have. */
        binary: name,
        prompt: prompt.default(''),
        parameters: parametersSchema.optional(),
      })
      .meta({ title: 'OtherTask' }),
  ])
  .meta({ title: 'Task' });
export type Task = z.infer<typeof taskSchema>;

export const resourcesSchema = z
  .strictObject({
    /** All on one host, all or nothing. */
    gpus: z.int().min(1).max(jobs.gpusMax).default(1),
    /** GPU models that will do; absent: any. */
    skus: z.array(z.string().min(1).max(40)).min(1).max(jobs.skusMax).optional(),
    /** Of each GPU. */
    gpuMemoryMib: z.int().min(1).max(jobs.gpuMemoryMibMax).default(jobs.gpuMemoryMibDefault),
    /** The program goes on from a checkpoint; else a preemption throws its work away. */
    checkpoints: z.boolean().default(true),
  })
  .meta({ title: 'Resources' });

export const repeatSchema = z
  .strictObject({
    everySeconds: z.int().min(jobs.repeatSecondsMin).max(jobs.repeatSecondsMax),
    /** How many runs in all, this one included. */
    times: z.int().min(2).max(jobs.repeatTimesMax),
    /** What becomes of a run that is due while the one before it has not ended. */
    overlap: z.enum(['wait', 'skip']).default('skip'),
  })
  .meta({ title: 'Repeat' });

export const webhookSchema = z
  .strictObject({
    /** Told once of the job's end, and again until it answers 2xx. */
    url: z.url({ protocol: /^https?$/ }).max(jobs.webhook.urlCharsMax),
  })
  .meta({ title: 'Webhook' });

export const durabilitySchema = z.enum(['durable', 'batched']).meta({ title: 'Durability' });
export type Durability = z.infer<typeof durabilitySchema>;

export const submitJobSchema = z
  .strictObject({
    task: taskSchema,
    resources: resourcesSchema.optional(),
    /** What a list shows. */
    name: z.string().trim().min(1).max(100).optional(),
    /** For a client's own filters. */
    labels: z
      .record(name, z.string().max(100))
      .refine((labels) => Object.keys(labels).length <= jobs.labelsMax, `more than ${jobs.labelsMax} labels`)
      .optional(),
    notBefore: z.iso.datetime({ offset: true }).optional(),
    /** Useless after: it times out then, waiting or running. */
    deadline: z.iso.datetime({ offset: true }).optional(),
    repeat: repeatSchema.optional(),
    /** All attempts together. */
    wallSeconds: z.int().min(1).default(jobs.wallSecondsDefault),
    attempts: z.int().min(1).max(jobs.attemptsMax).default(jobs.attemptsDefault),
    /** Enterprise customers may ask that it is not stopped for others. */
    preemptible: z.boolean().default(true),
    /** A person waits in front of it: before batch jobs of its tier, as long as its customer has had no more than its turn and an hour of a GPU. */
    interactive: z.boolean().default(false),
    /** Where it may run, for data that must stay; absent: where the organisation may. */
    regions: z.array(regionIdSchema).min(1).max(16).optional(),
    /**
     * Of an identical request in the organisation: `finished`, the result of one that has succeeded is the result of
     * this one; `join`, also of one that is under way; `off`, it runs by itself. Absent: `finished` for a video with a
     * seed, `off` for everything else, since nobody knows whether it gives the same twice.
     */
    reuse: z.enum(['finished', 'join', 'off']).optional(),
    /**
     * When it is acknowledged. `durable`: it would survive the loss of power. `batched`: it survives the end of any
     * program of ours, and a loss of power but for the last second; acknowledged sooner under load. Absent: as the
     * operator has set it for the tier's queue, `durable` where he has set nothing.
     */
    durability: durabilitySchema.optional(),
    webhook: webhookSchema.optional(),
  })
  .refine(({ repeat, reuse }) => repeat === undefined || reuse === undefined || reuse === 'off', {
    path: ['reuse'],
    message: 'what is repeated is run each time',
  })
  .superRefine((job, context) => {
    const unstorable = whyNotStorable(job);
    if (unstorable) context.addIssue({ code: 'custom', path: unstorable.path, message: unstorable.problem });
  })
  .meta({ title: 'SubmitJob' });
export type SubmitJob = z.infer<typeof submitJobSchema>;

export const submitBatchSchema = z
  .strictObject({
    /** Each is judged by itself: some may be admitted where others are refused. */
    jobs: z
      .array(
        z.strictObject({
          /** Absent: the batch's own, with the place in the list. */
          idempotencyKey: idempotencyKeySchema.optional(),
          job: z.unknown(),
        }),
      )
      .min(1)
      .max(jobs.batchMax),
  })
  .meta({ title: 'SubmitBatch' });
export type SubmitBatch = z.infer<typeof submitBatchSchema>;

/** The same, as it is described. */
export const describedBatchSchema = z
  .strictObject({
    jobs: z.array(
      z
        .strictObject({ idempotencyKey: idempotencyKeySchema.optional(), job: submitJobSchema })
        .meta({ title: 'BatchEntry' }),
    ),
  })
  .meta({ title: 'SubmitJobs' });
