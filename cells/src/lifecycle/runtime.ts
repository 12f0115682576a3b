/**
 * What the gateway and the contents service ask of the lifecycle: is it running, make it run, it was used.
 * `ensureRunning` is single-flight per workspace (twenty tabs cause one resume) and holds its callers.
 */
import type { UserId, WorkspaceId } from '@cellbook/shared/ids.ts';
import type { MissedRung } from '@cellbook/shared/protocol/resume.ts';
import type { Desired, Phase } from '@cellbook/shared/protocol/workspace.ts';
import type { ResumeReport } from '../ladder/resume-report.ts';
import type { Sandbox } from '../sandbox/driver.ts';

export interface WorkspaceSummary {
  id: WorkspaceId;
  ownerId: UserId;
  name: string;
  desired: Desired;
  phase: Phase;
  epoch: number;
  /** Why the last attempt failed; null where it did not. */
  problem: string | null;
  /** How it came back the last time. */
  lastResume: ResumeReport | null;
}

export interface WorkspaceRuntime {
  /** The row, or null when there is none or it is deleted. Served from memory where possible. */
  find(workspaceId: WorkspaceId): Promise<WorkspaceSummary | null>;
  /** The live sandbox if there is one now; never wakes. */
  current(workspaceId: WorkspaceId): Sandbox | null;
  /**
   * The running sandbox, resuming the workspace when needed. Rejects with CellbookError `resume_timeout`
   * (the deadline passed; the resume goes on), `gone` (deleted) or `sandbox_unavailable` (it failed).
   */
  ensureRunning(workspaceId: WorkspaceId, signal: AbortSignal): Promise<Sandbox>;
  /** Notes real activity (a message from a client to a kernel or terminal), for the idle policy. */
  touch(workspaceId: WorkspaceId): void;
  /** Called in order around each sandbox's life. `onSuspending` is awaited before the files are flushed. */
  addListener(listener: RuntimeListener): void;
}

export interface RuntimeListener {
  /**
   * Before `ensureRunning` resolves: restore what the gateway keeps per sandbox. `missed`: where its memory did not
   * come back, why not, what went wrong first; none where it did, or where it was taken over.
   */
  onRunning(workspaceId: WorkspaceId, sandbox: Sandbox, missed: readonly MissedRung[]): Promise<void>;
  /** A planned suspend: hold what comes, finish writing outputs. Bounded by the caller's deadline. */
  onSuspending(workspaceId: WorkspaceId, sandbox: Sandbox, signal: AbortSignal): Promise<void>;
  /** The planned suspend keeps the sandbox as it is: what runs in it goes on at the next resume. */
  onSlept(workspaceId: WorkspaceId): void;
  /** What was kept of a suspended one's memory is gone: it was too old, or could not be stored. */
  onForgotten?(workspaceId: WorkspaceId): void;
  /** The sandbox is gone, planned or not. */
  onStopped(workspaceId: WorkspaceId): void;
  /** It runs again, and can be used: by which rung, and why by no better one. */
  onResumed?(workspaceId: WorkspaceId, report: ResumeReport): void;
  /** Nobody uses it, and it is suspended then; null: that holds no longer. */
  onIdleSoon?(workspaceId: WorkspaceId, suspendsAtMs: number | null): void;
  /** True while a kernel is busy or a terminal has produced output lately: the idle policy leaves it alone. */
  isBusy(workspaceId: WorkspaceId): boolean;
  /** The workspace is deleted for good: forget kernels, sessions, settings. */
  onDeleted(workspaceId: WorkspaceId): Promise<void>;
}
