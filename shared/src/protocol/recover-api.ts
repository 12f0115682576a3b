/** What `POST /v1/workspaces/{id}/recover` found and did. */
import { z } from 'zod';
import { workspaceSchema } from './workspace.ts';

/** The states in which a workspace can be stuck (cells/src/lifecycle/recover/diagnose.ts says what each is). */
export const stuckStateSchema = z.enum([
  'backing_off',
  'interrupted',
  'running_without_sandbox',
  'orphaned_sandbox',
  'files_without_owner',
  'lease_of_another',
  'files_ahead',
  'sandbox_ahead',
  'host_unknown',
  'host_silent',
  'purge_overdue',
]);
export type StuckState = z.infer<typeof stuckStateSchema>;

export const recoverActionSchema = z.enum([
  'raised_epoch',
  'destroyed_sandbox',
  'stored_files',
  'cleared_back_off',
  'planned_again',
]);
export type RecoverAction = z.infer<typeof recoverActionSchema>;

export const recoverReportSchema = z
  .object({
    found: z.array(z.object({ state: stuckStateSchema, detail: z.string() })),
    done: z.array(z.object({ action: recoverActionSchema, detail: z.string() })),
    /** Whether it is now where its owner wants it; if not, `workspace` says how far it is and why. */
    settled: z.boolean(),
    workspace: workspaceSchema,
  })
  .meta({ title: 'RecoverReport' });
export type RecoverReport = z.infer<typeof recoverReportSchema>;
