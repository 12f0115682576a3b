/**
 * What was used, as `GET /v1/usage?from=…` tells it: the time that something was held, and bytes times that time. By
 * rung of the resume ladder: `running`, `live` (frozen in its host's memory), `memory` (an image on a host's disk),
 * `memoryRemote` (the image in the object store), and whatever the rung `files`: files, their versions, and `environment`,
 * the packages that are installed.
 */
import { z } from 'zod';
import { tierSchema } from './principal.ts';
import { usageSchema } from './quota.ts';

/** A team that what a workspace uses is counted for: the id of one, or any name that an organisation counts by. */
export const teamLabelSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'expected up to 64 lower-case letters, digits, dots, dashes')
  .meta({ title: 'TeamLabel' });

export const usageGroupSchema = z.enum(['workspace', 'user', 'team', 'organisation']);
export type UsageGroup = z.infer<typeof usageGroupSchema>;
export const usageStepSchema = z.enum(['hour', 'day', 'month', 'total']);
export type UsageStep = z.infer<typeof usageStepSchema>;

const hourMs = 3_600_000;
const wholeHourSchema = z.iso
  .datetime({ offset: true })
  .refine((at) => Date.parse(at) % hourMs === 0, 'expected a whole hour, such as 2026-01-31T00:00:00Z');

export const usageQuerySchema = z.object({
  /** With it, what was used since then is answered, too. Hours, days and months are those of UTC. */
  from: wholeHourSchema.optional(),
  /** Exclusive; absent: now. */
  to: wholeHourSchema.optional(),
  by: usageStepSchema.default('day'),
  group: usageGroupSchema.default('workspace'),
  /** Whose: your own in the organisation you act in; everybody's in it; everybody's. */
  of: z.enum(['me', 'organisation', 'platform']).default('me'),
});
export type UsageQuery = z.infer<typeof usageQuerySchema>;

const amount = z.number().nonnegative();
const heldSchema = z.object({ seconds: amount, byteSeconds: amount }).meta({ title: 'Held' });
export type Held = z.infer<typeof heldSchema>;

export const sandboxSecondsSchema = z
  .object({ tier: tierSchema, memoryBytes: z.int(), seconds: amount })
  .meta({ title: 'SandboxSeconds' });
export type SandboxSeconds = z.infer<typeof sandboxSecondsSchema>;

export const meteredRowSchema = z
  .object({
    /** Of the hour, day or month, or of what was asked for. */
    start: z.iso.datetime(),
    /** The id or label it is grouped by; null: of no team. */
    key: z.string().nullable(),
    /** Of a workspace. */
    name: z.string().nullable(),
    /** Sandboxes at work, by their memory limits; and the same by tier and size. */
    running: heldSchema,
    sandboxes: z.array(sandboxSecondsSchema),
    live: heldSchema,
    memory: heldSchema,
    memoryRemote: heldSchema,
    files: heldSchema,
    versions: heldSchema,
    /** Installed packages, by their size in the workspace, however many share a layer. */
    environment: heldSchema,
    /** Through the egress proxy, as connections ended. */
    egress: z.object({ upBytes: amount, downBytes: amount }),
  })
  .meta({ title: 'MeteredRow' });
export type MeteredRow = z.infer<typeof meteredRowSchema>;

export const meteredSchema = z
  .object({
    from: z.iso.datetime(),
    /** What is held still is counted up to then. */
    to: z.iso.datetime(),
    by: usageStepSchema,
    group: usageGroupSchema,
    /** In order of start and key; what used nothing has none. */
    rows: z.array(meteredRowSchema),
    /** Cells whose part is not in it, since they did not answer. */
    missing: z.array(z.string()),
  })
  .meta({ title: 'Metered' });
export type Metered = z.infer<typeof meteredSchema>;

/** `GET /v1/usage`. */
export const usageAnswerSchema = z
  .object({
    user: usageSchema,
    /** Null for a key that may not read about its organisation, and at a cell that only visits. */
    organisation: usageSchema.nullable(),
    /** What was used, where `from` is asked for. */
    metered: meteredSchema.optional(),
  })
  .meta({ title: 'UsageAnswer' });
export type UsageAnswer = z.infer<typeof usageAnswerSchema>;

/** The same from a cell of any version: those that count no packages yet say nothing of them. */
export const usageOfCellSchema = usageAnswerSchema.extend({
  metered: meteredSchema
    .extend({
      rows: z.array(
        meteredRowSchema.extend({ environment: heldSchema.default(() => ({ seconds: 0, byteSeconds: 0 })) }),
      ),
    })
    .optional(),
});
