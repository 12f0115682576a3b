import type { FailedAttempt } from '../contain/retry.ts';
import type { LiveAttempt } from '../fleet/host.ts';

/** Of a job that was placed at least once, or asked to be cancelled: most jobs have none. */
export interface Tries {
  attempts: number;
  /** Of the attempts that have ended, together. */
  ranMs: number;
  /** What is saved of the job's running time, and where. */
  savedMs: number;
  checkpointKey: string | null;
  preemptions: number;
  failures: FailedAttempt[];
  live: LiveAttempt | null;
  /** Null: nobody asked it to stop. */
  cancel: CancelReason | null;
  /** Since when it waits. */
  queuedMs: number;
  /** Of the last offer to another region. */
  handoff: number;
}

export type CancelReason = 'asked' | 'deadline' | 'wall_clock' | 'rights';

/** Told with its end. */
export const cancelledBecause = {
  asked: 'it was cancelled',
  rights: 'rights_ended: whoever handed it in may hand in no jobs any more',
} as const;
