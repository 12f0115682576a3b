/**
 * How a workspace came back the last time: by which rung of the ladder, why by no better one, and how long it
 * took. The same in the workspace itself, its event stream, its record and its notebooks.
 */
import { z } from 'zod';
import { limits } from '../limits.ts';

/** The rungs of the resume ladder, best first. */
export const rungSchema = z
  .enum(['live', 'memory', 'memory-remote', 'files', 'cold'])
  .meta({ title: 'Rung' });
export type Rung = z.infer<typeof rungSchema>;

export const isBetter = (one: Rung, other: Rung): boolean =>
  rungSchema.options.indexOf(one) < rungSchema.options.indexOf(other);

/** Why a rung was not taken, in classes that can be counted. */
export const missCauseSchema = z
  .enum([
    /** It had not run before, so there was nothing to bring back. */
    'first_start',
    /** Its sandbox had ended by itself: out of memory, its host lost, stopped. */
    'sandbox_lost',
    /** Its host cannot keep the memory of a sandbox, or keeps none ready. */
    'unsupported',
    /** It was suspended without its memory, or that was given up since. */
    'not_kept',
    /** It was away for longer than its tier keeps memory. */
    'expired',
    /** Where it is kept cannot be reached or used now. */
    'host_away',
    /** Other processors, runtime or image than where it was made. */
    'incompatible',
    /** It was to be there and was not. */
    'gone',
    /** Tried, and over its budget. */
    'slow',
    /** Tried, and failed. */
    'failed',
  ])
  .meta({ title: 'MissCause' });
export type MissCause = z.infer<typeof missCauseSchema>;

export const missedRungSchema = z
  .object({
    rung: rungSchema,
    cause: missCauseSchema,
    /** One phrase for a person. */
    why: z.string().max(limits.ladder.whyCharsMax),
  })
  .meta({ title: 'MissedRung' });
export type MissedRung = z.infer<typeof missedRungSchema>;

export const resumeStepSchema = z
  .object({ step: z.string(), durationMs: z.int().nonnegative() })
  .meta({ title: 'ResumeStep' });
export type ResumeStep = z.infer<typeof resumeStepSchema>;

export const resumeSchema = z
  .object({
    rung: rungSchema,
    /**
     * Better rungs, and why each was not taken, what went wrong first. Where nothing is kept of its memory, `memory`
     * speaks for every rung that needs some.
     */
    missed: z.array(missedRungSchema),
    /**
     * From when its controller took it up until it was ready. What the steps leave of it is waiting for a turn
     * and writing down what is done.
     */
    durationMs: z.int().nonnegative(),
    /** In the order they were gone through. */
    steps: z.array(resumeStepSchema),
    /** When it was ready. */
    at: z.iso.datetime(),
  })
  .meta({ title: 'Resume' });
export type Resume = z.infer<typeof resumeSchema>;

/** What is kept of a suspended workspace's memory: paused where it ran, an image of it, or nothing. */
export const keptSchema = z.enum(['none', 'live', 'memory']).meta({ title: 'Kept' });
export type Kept = z.infer<typeof keptSchema>;

/** Jupyter event of a workspace that came back: `{resume}`. */
export const resumedEvent = 'urn:cellbook:events:resumed';

export const resumedEventSchema = z.object({
  schema_id: z.literal(resumedEvent),
  resume: resumeSchema,
});

/** Jupyter event before an idle workspace is suspended: `{suspendsAt}`, an ISO time; null when it is used again. */
export const idleEvent = 'urn:cellbook:events:idle';

export const idleEventSchema = z.object({
  schema_id: z.literal(idleEvent),
  suspendsAt: z.iso.datetime().nullable(),
});
