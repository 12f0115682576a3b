/** The workspace as `/v1/workspaces` shows it, and the events of its phases. */
import { z } from 'zod';
import { userIdSchema, workspaceIdSchema } from '../ids.ts';
import { idleSecondsSchema } from './quota.ts';
import { keptSchema, resumeSchema, rungSchema } from './resume.ts';
import { teamLabelSchema } from './usage-api.ts';

/** What the owner asked for. */
export const desiredSchema = z.enum(['running', 'suspended', 'deleted']).meta({ title: 'Desired' });
export type Desired = z.infer<typeof desiredSchema>;

/**
 * Where it is. `suspended` is also the first phase: a new workspace costs nothing until it is resumed.
 * `failed` means the last attempts did not succeed; the reconciler goes on by itself, with back-off.
 */
export const phaseSchema = z
  .enum(['suspended', 'resuming', 'running', 'suspending', 'failed', 'deleting', 'deleted'])
  .meta({ title: 'Phase' });
export type Phase = z.infer<typeof phaseSchema>;

export const workspaceNameSchema = z.string().trim().min(1).max(100);

export const workspaceSchema = z
  .object({
    id: workspaceIdSchema,
    ownerId: userIdSchema,
    name: workspaceNameSchema,
    desired: desiredSchema,
    phase: phaseSchema,
    /** Counts the owner's changes of intent; a reply that carries it says which intent it reports on. */
    generation: z.int().nonnegative(),
    /**
     * Seconds without a busy kernel after which it is suspended, as its owner has chosen; null means never. What his
     * organisation allows at most holds where it is less.
     */
    idleSuspendSeconds: idleSecondsSchema.nullable(),
    /** What it uses is counted for this team, too (`GET /v1/usage?group=team`). */
    team: teamLabelSchema.nullable(),
    /** Which rung the last resume took. */
    lastRung: rungSchema.nullable(),
    /** How that went; null before the first. */
    lastResume: resumeSchema.nullable(),
    /** Why the last attempt failed, for a person. */
    problem: z.string().nullable(),
    createdAt: z.iso.datetime(),
    lastActiveAt: z.iso.datetime(),
    /** Until when a deleted workspace can be brought back; null unless deleted. */
    undoUntil: z.iso.datetime().nullable(),
  })
  .meta({ title: 'Workspace' });
export type Workspace = z.infer<typeof workspaceSchema>;

/** Where a workspace stands among those of its cell that wait for their turn to start, from 1. */
export const queueSchema = z
  .object({ position: z.int().positive(), of: z.int().positive() })
  .meta({ title: 'Queue' });

/** One workspace, asked for by itself. */
export const workspaceDetailsSchema = workspaceSchema
  .extend({
    /** What the next resume tries first; what it finds is the truth. `none` while it runs. */
    kept: keptSchema,
    /** Null where it does not wait. */
    queue: queueSchema.nullable(),
  })
  .meta({ title: 'WorkspaceDetails' });
export type WorkspaceDetails = z.infer<typeof workspaceDetailsSchema>;

/** One server-sent event of `GET /v1/events`; `event: workspace`, `id:` is a resumable cursor. */
export const workspaceEventSchema = z.object({ workspace: workspaceSchema });
export type WorkspaceEvent = z.infer<typeof workspaceEventSchema>;

/** `event: queue` of the same stream, each second in which a place has changed; it has no id. Null: its turn has come. */
export const queueEventSchema = z.object({ workspaceId: workspaceIdSchema, queue: queueSchema.nullable() });
export type QueueEvent = z.infer<typeof queueEventSchema>;
