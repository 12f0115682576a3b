/** Transitions of a job that a host runs, or is to run. */

import { overdueAtMs } from '../contain/watch.ts';
import type { LiveAttempt } from '../fleet/host.ts';
import type { Row } from '../jobs/job-table.ts';
import type { Attempt } from '../model/job.ts';
import type { Customer } from '../queue/line.ts';
import type { SchedulerState } from '../state.ts';
import { learnTight } from './capacity.ts';
import { dropReservation, roomAppeared } from './claims.ts';
import { learnEnded, learnOverdue, learnPlaced } from './containment.ts';
import type { EventOf } from './event-of.ts';
import { arrive, dequeue, hold, leftMs, requeueFor, requeueOutgrown, triesOf } from './move-job.ts';

export function applyPlaced(state: SchedulerState, event: EventOf<'job_placed'>): boolean {
  const { jobs, fleet } = state;
  const { jobId, attemptId, devices, version, atMs } = event;
  const row = jobs.rowOf(jobId);
  const host = fleet.hosts.get(event.hostId);
  if (row === undefined || !host || jobs.phaseOf(row) !== 'queued') return false;
  const template = jobs.templateOf(row);
  const queue = state.tiers[template.tier];
  const customer = queue.customer(jobs.orgOf(row));
  dequeue(state, row);
  dropReservation(state, jobId);
  const tries = triesOf(state, row);
  const { priceMilli } = host.kind;
  const charged = (template.gpus * priceMilli * leftMs(state, row)) / 1000;
  tries.attempts++;
  queue.clock = Math.max(queue.clock, customer.tag);
  charge(customer, charged / customer.weight);
  const { savedMs, checkpointKey } = tries;
  const attempt = admit(state, row, {
    ...{ attemptId, hostId: event.hostId, devices, version, savedMs, checkpointKey, charged, priceMilli },
    ...{ placedMs: atMs, savedAtMs: atMs, startedMs: null, progress: null, preempting: null, overdue: false },
  });
  jobs.setPhase(row, 'scheduled');
  learnPlaced(state, attempt);
  learnTight(state, host, atMs);
  return true;
}

type Admitted = Attempt & Pick<LiveAttempt, 'savedAtMs' | 'charged' | 'priceMilli' | 'overdue'>;

/** It holds its GPUs from now on. */
export function admit(state: SchedulerState, row: Row, admitted: Admitted): LiveAttempt {
  const { tier, gpus, preemptible, checkpoints } = state.jobs.templateOf(row);
  const tries = triesOf(state, row);
  const attempt: LiveAttempt = {
    ...admitted,
    ...{ row, tier, gpus, preemptible, checkpoints, tries, watchAt: -1 },
    jobId: state.jobs.ids[row]!,
    watchMs: watchMs(state, row, admitted.startedMs ?? admitted.placedMs, admitted.overdue),
    host: state.fleet.hosts.get(admitted.hostId)!,
  };
  const queue = state.tiers[tier];
  const customer = queue.customer(state.jobs.orgOf(row));
  tries.live = attempt;
  state.attempts.set(attempt.attemptId, attempt);
  state.watched.push(attempt);
  state.fleet.occupy(attempt);
  queue.heldMilli += gpus * attempt.priceMilli;
  if (attempt.preempting) queue.leavingMilli += gpus * attempt.priceMilli;
  customer.running++;
  queue.settle(customer);
  return attempt;
}

export function applyStarted(state: SchedulerState, event: EventOf<'attempt_started'>): boolean {
  const attempt = attemptOf(state, event);
  if (!attempt || attempt.startedMs !== null) return false;
  attempt.startedMs = event.atMs;
  attempt.savedAtMs = event.atMs;
  watch(state, attempt);
  state.jobs.setPhase(attempt.row, 'running');
  return true;
}

export function applySaved(state: SchedulerState, event: EventOf<'attempt_saved'>): boolean {
  const attempt = attemptOf(state, event);
  if (!attempt) return false;
  attempt.savedMs = Math.max(attempt.savedMs, event.savedMs);
  attempt.savedAtMs = event.atMs;
  attempt.checkpointKey = event.checkpointKey;
  attempt.progress = event.progress;
  return true;
}

export function applyOverdue(state: SchedulerState, event: EventOf<'attempt_overdue'>): boolean {
  const attempt = attemptOf(state, event);
  if (!attempt || attempt.overdue) return false;
  attempt.overdue = true;
  watch(state, attempt);
  learnOverdue(state, attempt, event.atMs);
  return true;
}

export function applyAttemptEnded(state: SchedulerState, event: EventOf<'attempt_ended'>): boolean {
  const attempt = attemptOf(state, event);
  if (!attempt) return false;
  const { row, host } = attempt;
  const { outcome, atMs, ranMs, retryAtMs } = event;
  const tries = triesOf(state, row);
  learnEnded(state, attempt, event, tries.failures);
  tries.live = null;
  tries.ranMs += ranMs;
  tries.savedMs = Math.max(attempt.savedMs, event.savedMs);
  tries.checkpointKey = attempt.checkpointKey;
  tries.queuedMs = atMs;
  if (outcome.kind === 'preempted') tries.preemptions++;
  if (outcome.kind === 'failed') {
    const { attemptId, hostId, version } = attempt;
    tries.failures = [
      ...tries.failures,
      {
        ...{ attemptId, hostId, version, class: outcome.class, detail: outcome.detail, ranMs, atMs },
        ...(outcome.class === 'out_of_memory' && { memoryMib: host.kind.memoryMib }),
      },
    ];
  }
  state.attempts.delete(attempt.attemptId);
  state.watched.removeAt(attempt.watchAt);
  learnTight(state, host, atMs);
  state.fleet.vacate(attempt);
  if (attempt.preempting) state.tiers[attempt.tier].leavingMilli -= attempt.gpus * attempt.priceMilli;
  giveBack(state, attempt, ranMs);
  if (host.phase === 'gone' && host.attempts.length === 0) {
    requeueFor(state, state.fleet.remove(host));
    requeueOutgrown(state);
  }
  roomAppeared(state, host.kind, host.free);
  state.jobs.setPhase(row, 'held');
  const { tier } = state.jobs.templateOf(row);
  if (retryAtMs !== null && retryAtMs <= atMs && tries.cancel === null) arrive(state, row);
  // What is not tried again is ended by the event that follows this one.
  else hold(state, row, retryAtMs === null || tries.cancel !== null ? Number.NEGATIVE_INFINITY : retryAtMs);
  const customer = state.tiers[tier].customer(state.jobs.orgOf(row));
  state.tiers[tier].settle(customer);
  return true;
}

/** What its tier held, and what its customer was charged beyond what it used. */
function giveBack(state: SchedulerState, attempt: LiveAttempt, ranMs: number): void {
  const queue = state.tiers[attempt.tier];
  const customer = queue.customer(state.jobs.orgOf(attempt.row));
  queue.heldMilli -= attempt.gpus * attempt.priceMilli;
  queue.unpark('ceiling');
  const used = (attempt.gpus * attempt.priceMilli * ranMs) / 1000;
  charge(customer, (used - attempt.charged) / customer.weight);
  customer.running--;
}

/** What is given back is set against what is charged next. */
function charge(customer: Customer, amount: number): void {
  const due = amount - customer.credit;
  customer.credit = Math.max(0, -due);
  customer.tag += Math.max(0, due);
}

export function watch(state: SchedulerState, attempt: LiveAttempt): void {
  const { row, startedMs, placedMs, overdue } = attempt;
  attempt.watchMs = watchMs(state, row, startedMs ?? placedMs, overdue);
  state.watched.changed(attempt.watchAt);
}

/** Its agent stops it when the budget is used up; we do where the agent has not, some time later. */
const overBudgetMs = 60_000;

function watchMs(state: SchedulerState, row: number, beganMs: number, overdue: boolean): number {
  const { jobs, tries } = state;
  if (tries.get(row)?.cancel) return Number.POSITIVE_INFINITY;
  const { wallMsMax } = jobs.templateOf(row);
  if (overdue) return beganMs + Math.max(0, wallMsMax - tries.get(row)!.ranMs) + overBudgetMs;
  const predicted = { p50Ms: jobs.p50Ms[row]!, p95Ms: jobs.p95Ms[row]!, seen: jobs.seen[row]!, model: '' };
  return overdueAtMs(predicted, beganMs);
}

function attemptOf(
  state: SchedulerState,
  { attemptId, jobId }: { attemptId: LiveAttempt['attemptId']; jobId: LiveAttempt['jobId'] },
): LiveAttempt | null {
  const attempt = state.attempts.get(attemptId);
  return attempt?.jobId === jobId ? attempt : null;
}
