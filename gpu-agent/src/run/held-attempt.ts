import type { AttemptId } from '@cellbook/shared/ids.ts';
import type { AttemptReport, RunOrder } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import type { StopReason } from './classify-end.ts';

/** What a host knows an attempt by, whether this agent began it or an earlier one. */
export interface HeldAttempt {
  readonly order: RunOrder;
  readonly attemptId: AttemptId;
  readonly ended: boolean;
  readonly stopped: boolean;
  /** Until none of its processes can be on its devices. */
  readonly onDevices: boolean;
  /** Whose rights its program has; null: the agent's. */
  readonly uid: number | null;
  /** Nothing is left of it but its record. */
  readonly isTidy: boolean;
  /** Settles when it has ended; never rejects. */
  run(): Promise<void>;
  /** Takes away what is left of it, as far as that can be done now; never rejects. */
  tidy(): Promise<void>;
  /** Saves if it can, and ends within this time; without `save` at once. Told again it may only become sooner. */
  stop(reason: StopReason, how: { save: boolean; stopMs: number }): void;
  /** Its right was renewed until then. */
  mayRunUntil(untilMs: number): void;
  /** The scheduler gives it less time than it said before. */
  mayRunFor(wallMsLeft: number): void;
  report(): AttemptReport;
}
