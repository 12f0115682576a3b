/**
 * What happened, in the order in which it is so: the log. The state is the fold of these and of nothing else
 * (apply-event.ts); whoever decides returns events, they are committed, then applied, then acted upon. No event holds
 * what can be worked out from those before it, and each holds everything that was drawn at random or read from a clock.
 */
import type { AttemptId, HostId, JobId, OrgId, RegionId, UserId } from '@cellbook/shared/ids.ts';
import type { HostPhase, HostSpec } from './host.ts';
import type { AttemptOutcome, EndedPhase, JobSpec } from './job.ts';
import type { NodeKind, RegionPolicy } from './policy.ts';

export type SchedulerEvent = { atMs: number } & (
  | { type: 'job_submitted'; job: JobSpec }
  /** Its time has come, or its class may run again. */
  | { type: 'job_released'; jobId: JobId }
  /** `version`: hosts with room have its binary, but not the version it is to run. */
  | { type: 'job_held'; jobId: JobId; because: 'class' | 'version'; untilMs: number }
  | {
      type: 'job_placed';
      jobId: JobId;
      attemptId: AttemptId;
      hostId: HostId;
      devices: readonly number[];
      version: string;
    }
  | { type: 'attempt_started'; jobId: JobId; attemptId: AttemptId }
  | {
      type: 'attempt_saved';
      jobId: JobId;
      attemptId: AttemptId;
      savedMs: number;
      checkpointKey: string | null;
      progress: number | null;
    }
  /** It is next and fits nowhere: GPUs of this host are kept for it, to be free by then. It replaces one it had. */
  | { type: 'job_reserved'; jobId: JobId; hostId: HostId; startMs: number }
  | { type: 'reservation_dropped'; jobId: JobId }
  | { type: 'preemption_asked'; jobId: JobId; attemptId: AttemptId; forJobId: JobId; stopByMs: number }
  /** `ranMs`: how long its processes ran, by the agent's monotonic clock. `retryAtMs`: null where it is not tried again. */
  | {
      type: 'attempt_ended';
      jobId: JobId;
      attemptId: AttemptId;
      outcome: AttemptOutcome;
      ranMs: number;
      savedMs: number;
      retryAtMs: number | null;
      /** The most GPU memory it was seen to hold; absent: its agent cannot tell. */
      memoryMibMax?: number;
    }
  /** It runs far longer than was predicted (contain/watch.ts): evidence, before anybody stops it. */
  | { type: 'attempt_overdue'; jobId: JobId; attemptId: AttemptId }
  /** Absent: somebody asked. Who runs is stopped by its agent, and ends `cancelled` or, else, `timed_out`. */
  | { type: 'cancel_asked'; jobId: JobId; because?: 'deadline' | 'wall_clock' | 'rights' }
  | { type: 'job_ended'; jobId: JobId; phase: EndedPhase; because: string }
  | { type: 'job_repredicted'; jobId: JobId; predicted: JobSpec['predicted'] }
  /** `operator`: who wished it. What he has quarantined stays so until an operator releases it. */
  | { type: 'host_changed'; host: HostSpec; phase: HostPhase; because: string; operator?: UserId }
  | { type: 'spill_offered'; jobId: JobId; to: RegionId; handoff: number }
  | { type: 'spill_settled'; jobId: JobId; handoff: number; taken: boolean }
  /** While this region counted as lost: it is that one's, and nobody began it here. */
  | { type: 'job_taken_up'; jobId: JobId; by: RegionId }
  | {
      type: 'class_limited';
      feature: string;
      limit: 'free' | 'throttled' | 'isolated' | 'refused';
      because: string;
    }
  | { type: 'version_staged'; binary: string; version: string; permille: number; because: string }
  | { type: 'policy_set'; policy: RegionPolicy }
  | { type: 'customer_set'; orgId: OrgId; weight: number; runningMax: number | null }
  /** Intent: the provider is asked once this is on record, by `node`, so that it gives one however often it is asked. */
  | { type: 'node_asked'; node: string; hostId: HostId; kind: NodeKind; because: string }
  /** Its agent has reported. */
  | { type: 'node_arrived'; node: string }
  | { type: 'node_failed'; node: string; because: string }
  /** It takes nothing new (its host drains), and goes when its last job has ended, or is kept after all. */
  | { type: 'node_leaving'; node: string; because: string }
  | { type: 'node_kept'; node: string; because: string }
  /** Intent: the provider is told to take it back once this is on record. */
  | { type: 'node_removing'; node: string }
  /** The provider has it no more. */
  | { type: 'node_removed'; node: string }
  /** A new leader: expiry clocks count from here. */
  | { type: 'term_began'; epoch: number }
);

export type EventType = SchedulerEvent['type'];
