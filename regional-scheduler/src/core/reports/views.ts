/** What of the state reading a report and answering it needs. */
import type { HostPhase, HostSpec } from '../model/host.ts';
import type { Attempt, AttemptOutcome, EndedPhase, JobSpec } from '../model/job.ts';

export interface AttemptView {
  job: JobSpec;
  attempt: Attempt;
  cancelAsked: boolean;
  /** How long the job's earlier attempts ran together. */
  ranMs: number;
  /** How long this attempt may run before it counts as hung; absent: as long as the job may. */
  watchMs?: number;
}

export interface HostView {
  spec: HostSpec;
  phase: HostPhase;
  /** An operator has quarantined it, whatever it was since. */
  isHeld?: boolean;
  /** Those that have not ended. */
  attempts: readonly AttemptView[];
}

/** What becomes of a job whose attempt ended so: tried again then, or ended. */
export type AfterAttempt = { retryAtMs: number } | { retryAtMs: null; phase: EndedPhase; because: string };
export type JudgeAttempt = (
  view: AttemptView,
  end: { outcome: AttemptOutcome; ranMs: number; savedMs: number },
  nowMs: number,
) => AfterAttempt;
