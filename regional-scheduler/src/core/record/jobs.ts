/** Transitions of jobs that no host is concerned in. */
import type { SchedulerState } from '../state.ts';
import { applyAttemptEnded, watch } from './attempts.ts';
import { learnSubmitted } from './capacity.ts';
import { dropReservation } from './claims.ts';
import type { EventOf } from './event-of.ts';
import { arrive, dequeue, enqueue, forget, hold, noDeadline, takeOut, triesOf } from './move-job.ts';

export function applySubmitted(state: SchedulerState, { job, atMs }: EventOf<'job_submitted'>): boolean {
  const { jobs } = state;
  if (jobs.rowOf(job.jobId) !== undefined) return false;
  const row = jobs.add(job, state.nextSequence++);
  state.mix.count(job.gpus, job.skus);
  learnSubmitted(state, row, atMs);
  if (job.deadlineMs !== null) state.deadlines.push(row);
  if (job.notBeforeMs !== null && job.notBeforeMs > atMs) hold(state, row, job.notBeforeMs);
  else arrive(state, row);
  return true;
}

export function applyReleased(state: SchedulerState, { jobId, atMs }: EventOf<'job_released'>): boolean {
  const row = state.jobs.rowOf(jobId);
  if (row === undefined || state.jobs.phaseOf(row) !== 'held') return false;
  takeOut(state, row);
  const tries = state.tries.get(row);
  if (tries) tries.queuedMs = atMs;
  arrive(state, row);
  return true;
}

export function applyHeld(state: SchedulerState, { jobId, untilMs }: EventOf<'job_held'>): boolean {
  const row = state.jobs.rowOf(jobId);
  if (row === undefined) return false;
  const phase = state.jobs.phaseOf(row);
  if (phase !== 'queued' && phase !== 'held') return false;
  takeOut(state, row);
  dropReservation(state, jobId);
  hold(state, row, untilMs);
  return true;
}

export function applyCancel(state: SchedulerState, { jobId, because }: EventOf<'cancel_asked'>): boolean {
  const row = state.jobs.rowOf(jobId);
  if (row === undefined) return false;
  const tries = triesOf(state, row);
  if (tries.cancel !== null) return false;
  tries.cancel = because ?? 'asked';
  dropReservation(state, jobId);
  noDeadline(state, row);
  if (tries.live) watch(state, tries.live);
  // Nobody starts it any more; decide.ts ends it at once, or once the other region has answered.
  if (state.jobs.phaseOf(row) === 'queued' || state.jobs.phaseOf(row) === 'held') {
    takeOut(state, row);
    hold(state, row, Number.NEGATIVE_INFINITY);
  }
  return true;
}

export function applyEnded(state: SchedulerState, { jobId }: EventOf<'job_ended'>): boolean {
  const row = state.jobs.rowOf(jobId);
  // One that runs ends with its attempt only.
  if (row === undefined || state.tries.get(row)?.live) return false;
  forget(state, row);
  return true;
}

export function applyRepredicted(state: SchedulerState, event: EventOf<'job_repredicted'>): boolean {
  const { jobs } = state;
  const row = jobs.rowOf(event.jobId);
  if (row === undefined) return false;
  const isQueued = jobs.phaseOf(row) === 'queued';
  if (isQueued) dequeue(state, row);
  jobs.repredict(row, event.predicted);
  if (isQueued) enqueue(state, row);
  const live = state.tries.get(row)?.live;
  if (live) watch(state, live);
  return true;
}

export function applySpillOffered(
  state: SchedulerState,
  { jobId, handoff }: EventOf<'spill_offered'>,
): boolean {
  const row = state.jobs.rowOf(jobId);
  if (row === undefined || state.jobs.phaseOf(row) !== 'queued') return false;
  // A number is given once: what is said of one offer must never settle another.
  if (handoff <= (state.tries.get(row)?.handoff ?? 0)) return false;
  dequeue(state, row);
  dropReservation(state, jobId);
  state.jobs.setPhase(row, 'spilling');
  triesOf(state, row).handoff = handoff;
  return true;
}

export function applySpillSettled(state: SchedulerState, event: EventOf<'spill_settled'>): boolean {
  const row = state.jobs.rowOf(event.jobId);
  if (row === undefined || state.jobs.phaseOf(row) !== 'spilling') return false;
  const tries = triesOf(state, row);
  if (tries.handoff !== event.handoff) return false;
  if (event.taken) forget(state, row);
  else if (tries.cancel !== null) hold(state, row, Number.NEGATIVE_INFINITY);
  else arrive(state, row);
  return true;
}

/** One that was placed and not begun gives its GPUs back; what has begun ends first. */
export function applyTakenUp(state: SchedulerState, { jobId, atMs }: EventOf<'job_taken_up'>): boolean {
  const row = state.jobs.rowOf(jobId);
  if (row === undefined) return false;
  const live = state.tries.get(row)?.live;
  if (live?.startedMs != null) return false;
  if (live) {
    const { attemptId } = live;
    const nothing = { ranMs: 0, savedMs: 0, retryAtMs: null, outcome: { kind: 'cancelled' } } as const;
    applyAttemptEnded(state, { type: 'attempt_ended', atMs, jobId, attemptId, ...nothing });
  }
  forget(state, row);
  return true;
}
