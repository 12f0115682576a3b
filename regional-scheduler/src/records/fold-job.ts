/**
 * One job as its own events tell it, in their order: what readers are shown, with or without a leader. The scheduler's
 * state is another fold of the same log; this one keeps what people ask about (every attempt, why, how much it cost)
 * and knows nothing of other jobs.
 */
import { assertNever } from '@cellbook/shared/assert-never.ts';
import type { AttemptId, JobId, RegionId } from '@cellbook/shared/ids.ts';
import { chargedMsOf } from '../admission/price.ts';
import type { SchedulerEvent } from '../core/model/event.ts';
import type { AttemptOutcome, FailureClass, JobPhase } from '../core/model/job.ts';
import { isOfNode } from '../core/scale/node-event.ts';

export interface FoldedAttempt {
  attemptId: AttemptId;
  hostId: string;
  gpus: number;
  version: string;
  placedMs: number;
  startedMs: number | null;
  endedMs: number | null;
  outcome: AttemptOutcome | null;
  ranMs: number | null;
  savedMs: number;
  /** Of the job's saved time when it was placed. */
  savedMsBefore: number;
}

export interface FoldedJob {
  phase: 'submitted' | JobPhase;
  because: string | null;
  startedMs: number | null;
  endedMs: number | null;
  progress: number | null;
  savedMs: number;
  attempts: FoldedAttempt[];
  preemptions: number;
  cancelAsked: boolean;
  /** Until when it is held, and by what. */
  heldUntilMs: number | null;
  heldBecause: 'class' | 'version' | null;
  retry: { atMs: number; failed: FailureClass } | null;
  spill: { to: RegionId; handoff: number } | null;
  result: { key: string; bytes: number } | null;
  /** GPU-time that is charged, in milliseconds of one GPU. */
  chargedGpuMs: number;
}

export const newJob = (notBeforeMs: number | null): FoldedJob => ({
  phase: 'submitted',
  ...{ because: null, startedMs: null, endedMs: null, progress: null, savedMs: 0, attempts: [] },
  ...{ preemptions: 0, cancelAsked: false, heldUntilMs: notBeforeMs, heldBecause: null, retry: null },
  ...{ spill: null, result: null, chargedGpuMs: 0 },
});

export const jobIdOf = (event: SchedulerEvent): JobId | null =>
  event.type === 'job_submitted' ? event.job.jobId : 'jobId' in event ? event.jobId : null;

/** Changes `job`. Events of other jobs are nothing to it. */
export function foldJob(job: FoldedJob, event: SchedulerEvent): void {
  if (isOfNode(event)) return;
  switch (event.type) {
    case 'job_submitted':
      submit(job, event);
      return;
    case 'job_released':
      job.phase = 'queued';
      Object.assign(job, { heldUntilMs: null, heldBecause: null, retry: null });
      return;
    case 'job_held':
      job.phase = 'held';
      Object.assign(job, { heldUntilMs: event.untilMs, heldBecause: event.because });
      return;
    case 'job_placed':
      place(job, event);
      return;
    case 'attempt_started':
      start(job, event);
      return;
    case 'attempt_saved':
      job.savedMs = event.savedMs;
      job.progress = event.progress ?? job.progress;
      change(job, event.attemptId, { savedMs: event.savedMs });
      return;
    case 'attempt_ended':
      end(job, event);
      return;
    case 'cancel_asked':
      job.cancelAsked = true;
      return;
    case 'job_ended':
      finish(job, event);
      return;
    case 'spill_offered':
      job.phase = 'spilling';
      job.spill = { to: event.to, handoff: event.handoff };
      return;
    case 'spill_settled':
      settle(job, event);
      return;
    case 'job_taken_up':
      giveUp(job, event);
      return;
    case 'job_reserved':
    case 'reservation_dropped':
    case 'attempt_overdue':
    case 'preemption_asked':
    case 'job_repredicted':
    case 'host_changed':
    case 'class_limited':
    case 'version_staged':
    case 'policy_set':
    case 'customer_set':
    case 'term_began':
      return;
    default:
      assertNever(event);
  }
}

type Of<Type extends SchedulerEvent['type']> = Extract<SchedulerEvent, { type: Type }>;

function submit(job: FoldedJob, { job: { notBeforeMs }, atMs }: Of<'job_submitted'>): void {
  const waits = notBeforeMs !== null && notBeforeMs > atMs;
  job.phase = waits ? 'held' : 'queued';
  job.heldUntilMs = waits ? notBeforeMs : null;
}

function finish(job: FoldedJob, { phase, because, atMs }: Of<'job_ended'>): void {
  Object.assign(job, { phase, because, endedMs: atMs, retry: null, heldUntilMs: null });
  if (phase === 'succeeded') job.progress = 1;
}

function settle(job: FoldedJob, { handoff, taken, atMs }: Of<'spill_settled'>): void {
  if (job.spill?.handoff !== handoff) return;
  job.phase = taken ? 'spilled' : 'queued';
  if (taken) job.endedMs = atMs;
  else job.spill = null;
}

/** An attempt that was placed was never begun. */
function giveUp(job: FoldedJob, { by, atMs }: Of<'job_taken_up'>): void {
  const attempt = job.attempts.at(-1);
  if (attempt?.endedMs === null)
    Object.assign(attempt, { endedMs: atMs, outcome: { kind: 'cancelled' }, ranMs: 0 });
  Object.assign(job, { phase: 'spilled', spill: { to: by, handoff: 0 }, endedMs: atMs });
  Object.assign(job, { retry: null, heldUntilMs: null, heldBecause: null });
}

function place(job: FoldedJob, event: Of<'job_placed'>): void {
  const { attemptId, hostId, devices, version, atMs } = event;
  job.phase = 'scheduled';
  Object.assign(job, { retry: null, heldUntilMs: null, heldBecause: null });
  job.attempts.push({
    ...{ attemptId, hostId, gpus: devices.length, version, placedMs: atMs },
    ...{ startedMs: null, endedMs: null, outcome: null, ranMs: null },
    ...{ savedMs: job.savedMs, savedMsBefore: job.savedMs },
  });
}

function start(job: FoldedJob, event: Of<'attempt_started'>): void {
  job.phase = 'running';
  job.startedMs ??= event.atMs;
  change(job, event.attemptId, { startedMs: event.atMs });
}

function end(job: FoldedJob, event: Of<'attempt_ended'>): void {
  const { attemptId, outcome, ranMs, savedMs, retryAtMs, atMs } = event;
  const attempt = job.attempts.find((one) => one.attemptId === attemptId);
  if (attempt) {
    Object.assign(attempt, { endedMs: atMs, outcome, ranMs, savedMs });
    job.chargedGpuMs += chargedMsOf({ ...attempt, outcome, ranMs }) * attempt.gpus;
  }
  job.savedMs = Math.max(job.savedMs, savedMs);
  if (outcome.kind === 'preempted') job.preemptions += 1;
  if (outcome.kind === 'succeeded') job.result = { key: outcome.resultKey, bytes: outcome.bytes };
  if (retryAtMs === null) return;
  // With a time in the future it is held until then; `job_released` follows.
  const waits = retryAtMs > atMs;
  job.phase = waits ? 'held' : 'queued';
  job.heldUntilMs = waits ? retryAtMs : null;
  job.retry = outcome.kind === 'failed' ? { atMs: retryAtMs, failed: outcome.class } : null;
}

function change(job: FoldedJob, attemptId: AttemptId, changes: Partial<FoldedAttempt>): void {
  const attempt = job.attempts.find((one) => one.attemptId === attemptId);
  if (attempt) Object.assign(attempt, changes);
}
