/** Who is to have GPUs that are not free yet: reservations, and nominations, for which somebody was asked to stop. */
import type { JobId } from '@cellbook/shared/ids.ts';
import type { HostKind } from '../fleet/host.ts';
import { tokensAt } from '../preempt/bucket.ts';
import type { SchedulerState } from '../state.ts';
import type { EventOf } from './event-of.ts';

export function applyReserved(state: SchedulerState, event: EventOf<'job_reserved'>): boolean {
  return claim(state, event, false);
}

export function applyPreemption(state: SchedulerState, event: EventOf<'preemption_asked'>): boolean {
  const attempt = state.attempts.get(event.attemptId);
  if (!attempt || attempt.jobId !== event.jobId || attempt.preempting) return false;
  const { forJobId, stopByMs, atMs } = event;
  attempt.preempting = { forJobId, stopByMs };
  state.tiers[attempt.tier].leavingMilli += attempt.gpus * attempt.priceMilli;
  const preemptor = state.jobs.rowOf(forJobId);
  if (preemptor === undefined) return true;
  const queue = state.tiers[state.jobs.templateOf(preemptor).tier];
  queue.tokens = tokensAt(queue, state.policy.preemption, atMs) - 1;
  queue.tokensAtMs = atMs;
  claim(state, { jobId: forJobId, hostId: attempt.host.spec.hostId, startMs: stopByMs }, true);
  return true;
}

export function dropReservation(state: SchedulerState, jobId: JobId): boolean {
  const reservation = state.reservations.get(jobId);
  if (!reservation) return false;
  state.reservations.delete(jobId);
  state.fleet.unreserve(reservation.host);
  roomAppeared(state, reservation.host.kind, reservation.host.free);
  return true;
}

/** Whoever was parked for want of it is looked at again. */
export function roomAppeared(state: SchedulerState, kind: HostKind, gpus: number): void {
  for (const queue of Object.values(state.tiers)) queue.unparkFor(kind, gpus);
}

function claim(
  state: SchedulerState,
  { jobId, hostId, startMs }: Pick<EventOf<'job_reserved'>, 'jobId' | 'hostId' | 'startMs'>,
  nominated: boolean,
): boolean {
  const row = state.jobs.rowOf(jobId);
  const host = state.fleet.hosts.get(hostId);
  if (row === undefined || !host || host.phase !== 'up' || state.jobs.phaseOf(row) !== 'queued') return false;
  const old = state.reservations.get(jobId);
  const isNominated = nominated || (old?.host === host && old.nominated);
  // Two claims on one host: who was nominated keeps it, else the newer takes it from the older.
  if (host.reservation && host.reservation.jobId !== jobId) {
    if (host.reservation.nominated || !nominated) return false;
    dropReservation(state, host.reservation.jobId);
  }
  dropReservation(state, jobId);
  const { tier, gpus } = state.jobs.templateOf(row);
  const reservation = { jobId, row, tier, gpus, host, startMs, nominated: isNominated };
  state.reservations.set(jobId, reservation);
  state.fleet.reserve(reservation);
  return true;
}
