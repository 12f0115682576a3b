/** Requests and answers of `/v1/workspaces`, beside the workspace itself. */
import { z } from 'zod';
import { limits } from '../limits.ts';
import { resumeSchema } from './resume.ts';
import { phaseSchema, workspaceNameSchema, workspaceSchema } from './workspace.ts';

export const idempotencyKeyHeader = 'idempotency-key';

/** Any text a client likes, such as a UUID. */
export const idempotencyKeySchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, 'expected 1 to 200 visible characters');

export const createWorkspaceSchema = z
  .strictObject({
    name: workspaceNameSchema,
    /** Absent: as its owner has chosen for all of his, or else as the organisation has it, or his tier. */
    idleSuspendSeconds: workspaceSchema.shape.idleSuspendSeconds.optional(),
    team: workspaceSchema.shape.team.optional(),
    /** `running` starts it at once; otherwise it starts at its first use. */
    desired: z.enum(['running', 'suspended']).default('suspended'),
  })
  .meta({ title: 'CreateWorkspace' });
export type CreateWorkspace = z.infer<typeof createWorkspaceSchema>;

export const editWorkspaceSchema = z
  .strictObject({
    name: workspaceNameSchema.optional(),
    /** `usual`: none of its own any more, as if it had been made without. */
    idleSuspendSeconds: z.union([workspaceSchema.shape.idleSuspendSeconds, z.literal('usual')]).optional(),
    team: workspaceSchema.shape.team.optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'expected a name, idleSuspendSeconds or team')
  .meta({ title: 'EditWorkspace' });

export const workspaceListSchema = z
  .object({
    workspaces: z.array(workspaceSchema),
    /** Ask for the next page with it; null on the last one. */
    nextCursor: z.string().nullable(),
  })
  .meta({ title: 'WorkspaceList' });

export const listQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(limits.api.pageSizeMax).default(limits.api.pageSizeDefault),
  cursor: z.string().max(200).optional(),
  /** Deleted ones too, while they can be brought back. */
  includeDeleted: z.stringbool().default(false),
});

export const workspaceListQuerySchema = listQuerySchema.extend({
  /** Whose: your own in the organisation you act in; everybody's in it; everybody's in this cell. */
  of: z.enum(['me', 'organisation', 'platform']).default('me'),
});

/** One entry of a workspace's record, newest first. */
export const transitionSchema = z
  .object({
    id: z.int(),
    kind: z.enum(['intent', 'outcome', 'phase']),
    /** The step, or for a change of phase the event. */
    step: z.string(),
    from: phaseSchema.nullable(),
    to: phaseSchema.nullable(),
    outcome: z.enum(['ok', 'failed']).nullable(),
    durationMs: z.int().nullable(),
    problem: z.string().nullable(),
    /** Of `sandbox_started`: by which rung, why by no better one, and how long it took. */
    resume: resumeSchema.nullable(),
    generation: z.int(),
    epoch: z.int(),
    at: z.iso.datetime(),
  })
  .meta({ title: 'Transition' });
export type TransitionEntry = z.infer<typeof transitionSchema>;

export const transitionListSchema = z
  .object({
    transitions: z.array(transitionSchema),
    nextCursor: z.string().nullable(),
  })
  .meta({ title: 'TransitionList' });
