/** Whoever has a claim on a host takes it when it is free; a claim that came to nothing is made anew, or let go. */

import type { Reservation } from '../fleet/host.ts';
import { couldTake, hasVersion } from '../place/find-place.ts';
import { mayRunMore } from '../queue/line.ts';
import type { ShapeClass } from '../queue/shape-class.ts';
import { chooseHost } from '../reserve/choose-host.ts';
import { freeAtMs } from '../reserve/predict-end.ts';
import { budgetMilli } from '../share/shares-of.ts';
import type { SchedulerState } from '../state.ts';
import { isLetRun } from './let-run.ts';
import type { Turn } from './turn.ts';

export function redeemClaims(turn: Turn): void {
  // By host, which does not depend on the order in which they were made.
  for (const host of [...turn.state.fleet.reserved]) {
    if (turn.isFull) return;
    const claim = host.reservation;
    if (claim) redeem(turn, claim);
  }
}

function redeem(turn: Turn, claim: Reservation): void {
  const { state, nowMs } = turn;
  const { row, jobId, host, tier, gpus } = claim;
  const queue = state.tiers[tier];
  const orgId = state.jobs.orgOf(row);
  const shape = shapeOf(state, claim);
  const budget = budgetMilli(state, queue);
  // Room that its tier may not take is not kept for it.
  const isOver = host.free >= gpus && gpus * host.kind.priceMilli > budget;
  const isAdmissible =
    !isOver && mayRunMore(queue.customer(orgId)) && isLetRun(turn, row) && hasVersion(state, row, host);
  if (!isAdmissible) turn.emit({ type: 'reservation_dropped', jobId });
  else if (couldTake(state, { shape, budgetMilli: budget }, host)) turn.placeOn(row, host);
  else if (nowMs > claim.startMs) renew(turn, claim, { tier, row, shape, budgetMilli: budget });
}

/** It stays where it is, which gathers GPUs already, unless it would have to wait so long. */
const soonMs = 30_000;

/** Predictions did not hold: perhaps another host is free sooner by now. A nomination waits for those asked to stop. */
function renew(turn: Turn, claim: Reservation, request: Parameters<typeof chooseHost>[1]): void {
  const { state, nowMs } = turn;
  const { jobId, host, nominated, gpus } = claim;
  const hereMs = freeAtMs(state, host, gpus, nowMs);
  if (nominated && nowMs <= claim.startMs + state.policy.preemption.stopMs) return;
  if (hereMs === Number.POSITIVE_INFINITY || nominated) {
    turn.emit({ type: 'reservation_dropped', jobId });
    return;
  }
  const isSoon = hereMs - nowMs <= soonMs;
  const other = isSoon
    ? null
    : chooseHost(state, request, nowMs, (one) => one.reservation !== null || one.kind.sku !== host.kind.sku);
  const isBetter = other !== null && other.startMs < hereMs;
  const { host: next, startMs } = isBetter ? other : { host, startMs: hereMs };
  turn.emit({
    type: 'job_reserved',
    jobId,
    hostId: next.spec.hostId,
    startMs: Math.max(startMs, nowMs + 1000),
  });
}

function shapeOf(state: SchedulerState, { row, tier }: Reservation): ShapeClass {
  const queue = state.tiers[tier];
  return queue.shapeOf(row, queue.customer(state.jobs.orgOf(row)));
}
