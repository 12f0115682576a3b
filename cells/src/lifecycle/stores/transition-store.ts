/**
 * The append-only record of what was done to a workspace: an `intent` before each step is awaited, its
 * `outcome` afterwards, and every change of phase (written with the change itself).
 */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Phase } from '@cellbook/shared/protocol/workspace.ts';
import type { ResumeReport } from '../../ladder/resume-report.ts';

export type TransitionKind =
  | { kind: 'intent'; step: string }
  | {
      kind: 'outcome';
      step: string;
      outcome: 'ok' | 'failed';
      durationMs: number;
      problem: string | null;
      /** With `start_sandbox`: for whoever ends the resume, should it not be who began it. */
      resume?: ResumeReport;
    }
  | {
      kind: 'phase';
      event: string;
      from: Phase;
      to: Phase;
      problem: string | null;
      /** With `sandbox_started`. */
      resume?: ResumeReport | null;
    };

export type NewTransition = {
  workspaceId: WorkspaceId;
  generation: number;
  epoch: number;
  holder: string;
  atMs: number;
} & TransitionKind;

export type TransitionRow = NewTransition & { id: number };

export interface TransitionStore {
  /** In their order, all of them or none. */
  append(entries: readonly NewTransition[]): Promise<void>;
  /** Newest first, before the id given. */
  list(workspaceId: WorkspaceId, before: number | null, limit: number): Promise<TransitionRow[]>;
  /** Keeps the newest; a workspace that is resumed all day would otherwise grow without end. */
  trim(workspaceId: WorkspaceId, keep: number): Promise<void>;
}
