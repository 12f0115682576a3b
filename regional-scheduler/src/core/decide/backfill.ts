/**
 * What is free on a host that somebody waits for is of use until he comes: to jobs that will be gone by then, or that
 * fit beside him. And a tier below its floor takes it, where it finds no other place in a while, from one that has its
 * own. In each round anew, whatever is parked: the hole changes with time alone.
 */
import type { Host, Reservation } from '../fleet/host.ts';
import type { Row } from '../jobs/job-table.ts';
import { couldTake, hasVersion } from '../place/find-place.ts';
import type { ShapeClass } from '../queue/shape-class.ts';
import type { TierQueue } from '../queue/tier-queue.ts';
import { freeBy, longestMs } from '../reserve/predict-end.ts';
import { budgetMilli, levelOf } from '../share/shares-of.ts';
import type { SchedulerState } from '../state.ts';
import { byLevel, placeIfLet } from './dispatch.ts';
import type { Turn } from './turn.ts';

export function backfill(turn: Turn): void {
  for (const host of [...turn.state.fleet.reserved]) while (!turn.isFull && fillOne(turn, host));
}

function fillOne(turn: Turn, host: Host): boolean {
  const holder = host.reservation;
  if (!holder || holder.nominated || host.free === 0) return false;
  const { state } = turn;
  let left = state.policy.backfillDepth;
  for (const queue of byLevel(turn)) {
    const budget = budgetMilli(state, queue);
    const fits = (shape: ShapeClass) =>
      shape.gpus <= host.free && couldTake(state, { shape, budgetMilli: budget }, host);
    const first = yields(state, queue, holder) ? queue.next(fits) : null;
    const poorest = first && queue.firstOf(first);
    if (poorest !== null && hasWaited(turn, poorest) && hasVersion(state, poorest, host)) {
      turn.emit({ type: 'reservation_dropped', jobId: holder.jobId });
      placeIfLet(turn, poorest, host);
      return true;
    }
    if (state.jobs.templateOf(holder.row).interactive) continue;
    for (const shape of queue.inOrder(shapesLooked, fits)) {
      const { row, looked } = firstHarmless(turn, queue, shape, holder, left);
      left -= looked;
      if (row !== null) {
        placeIfLet(turn, row, host);
        return true;
      }
      if (left <= 0) return false;
    }
  }
  return false;
}

/** So long that what comes free elsewhere did not help: a gang's host that is nearly there is not broken up for less. */
const waitedMs = 8_000;

function hasWaited({ state, nowMs }: Turn, row: Row): boolean {
  return nowMs - (state.tries.get(row)?.queuedMs ?? state.jobs.submittedMs[row]!) >= waitedMs;
}

const shapesLooked = 4;
const linesLooked = 4;
const jobsLooked = 4;

function yields(state: SchedulerState, queue: TierQueue, { tier }: Reservation): boolean {
  return levelOf(state, queue) < 0 && levelOf(state, state.tiers[tier]) >= 0;
}

function firstHarmless(
  turn: Turn,
  queue: TierQueue,
  shape: ShapeClass,
  holder: Reservation,
  most: number,
): { row: Row | null; looked: number } {
  const { state, nowMs } = turn;
  const { host, startMs, gpus } = holder;
  const isBeside = freeBy(state, host, startMs, nowMs) - gpus >= shape.gpus;
  let looked = 0;
  for (const line of queue.firstLines(shape, linesLooked))
    for (const row of line.jobs.first(jobsLooked)) {
      if (looked++ >= most) return { row: null, looked };
      if (row === holder.row || !hasVersion(state, row, host)) continue;
      if (isBeside || nowMs + longestMs(state, row) <= startMs) return { row, looked };
    }
  return { row: null, looked };
}
