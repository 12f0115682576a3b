/**
 * Jobs onto GPUs, until nobody who may run fits anywhere: the tier whose water stands lowest, in it the first customer
 * of the shapes that are not parked, his first job. What fits nowhere parks its shape; if it is a gang whose turn it
 * is, it gets a reservation.
 */
import { mayRun } from '../contain/contain.ts';
import type { Row } from '../jobs/job-table.ts';
import { findHole, findPlace, findYielding, type Request } from '../place/find-place.ts';
import type { ShapeClass } from '../queue/shape-class.ts';
import type { TierQueue } from '../queue/tier-queue.ts';
import { chooseHost, reservedSkus } from '../reserve/choose-host.ts';
import { budgetMilli, levelOf } from '../share/shares-of.ts';
import { tierNames } from '../share/tiers.ts';
import type { Turn } from './turn.ts';

export function dispatch(turn: Turn): void {
  while (!turn.isFull) {
    const next = nextClass(turn);
    if (!next) return;
    const { queue, shape } = next;
    const gang = queue.firstStuckGang(shape);
    if (gang) reserve(turn, queue, gang);
    placeNext(turn, queue, shape);
  }
}

function nextClass({ state }: Turn): { queue: TierQueue; shape: ShapeClass } | null {
  let best: { queue: TierQueue; shape: ShapeClass } | null = null;
  let lowest = Number.POSITIVE_INFINITY;
  // The highest tier last, so that it wins where water stands equally high.
  for (const tier of tierNames) {
    const queue = state.tiers[tier];
    const shape = queue.next();
    if (!shape) continue;
    const level = levelOf(state, queue);
    if (level > lowest) continue;
    lowest = level;
    best = { queue, shape };
  }
  return best;
}

function placeNext(turn: Turn, queue: TierQueue, shape: ShapeClass): void {
  const { state, nowMs } = turn;
  const row = shape.lines.top!.jobs.top!;
  if (!isLetRun(turn, row)) return;
  const request: Request = { row, shape, budgetMilli: budgetMilli(state, queue) };
  if (shape.kinds.every(({ priceMilli }) => shape.gpus * priceMilli > request.budgetMilli)) {
    shape.parked = shape.kinds.length === 0 ? 'room' : 'ceiling';
    return;
  }
  const host = findPlace(state, request) ?? findHole(state, request, nowMs);
  if (host) {
    turn.placeOn(row, host);
    return;
  }
  const taken = isBelowFloor(turn, queue)
    ? findYielding(state, request, ({ tier }) => levelOf(state, state.tiers[tier]) >= 0)
    : null;
  if (taken) {
    turn.emit({ type: 'reservation_dropped', jobId: taken.reservation!.jobId });
    turn.placeOn(row, taken);
    return;
  }
  if (shape.gpus > 1) reserve(turn, queue, shape);
  if (!backfill(turn, request)) shape.parked = 'room';
}

/** One behind the first may be short enough to fit in front of a reservation. */
function backfill(turn: Turn, request: Request): boolean {
  const { state, nowMs } = turn;
  const { shape } = request;
  if (!state.fleet.reserved.some((host) => host.free >= shape.gpus)) return false;
  let looked = 0;
  for (const line of shape.lines.first(state.policy.backfillDepth)) {
    for (const row of line.jobs.first(perLine)) {
      if (row === request.row) continue;
      if (++looked > state.policy.backfillDepth) return false;
      const host = findHole(state, { ...request, row }, nowMs);
      if (!host) continue;
      if (isLetRun(turn, row)) turn.placeOn(row, host);
      return true;
    }
  }
  return false;
}

const perLine = 4;

/** Whether its class may run; one that may not is held, or refused. */
function isLetRun(turn: Turn, row: Row): boolean {
  const { state, nowMs } = turn;
  const { jobs, contain, fleet } = state;
  const { gpus } = jobs.templateOf(row);
  const verdict = mayRun(contain, { features: jobs.featuresOf(row), gpus }, fleet.capacityGpus, nowMs);
  if (verdict.go) return true;
  const jobId = jobs.ids[row]!;
  if (verdict.refuse) turn.emit({ type: 'job_ended', jobId, phase: 'failed', because: verdict.because });
  else turn.emit({ type: 'job_held', jobId, because: 'class', untilMs: verdict.untilMs });
  return false;
}

function reserve(turn: Turn, queue: TierQueue, shape: ShapeClass): void {
  const { state, nowMs } = turn;
  const jobId = state.jobs.ids[shape.lines.top!.jobs.top!]!;
  if (state.reservations.has(jobId)) return;
  const skus = reservedSkus(state, queue);
  const chosen = chooseHost(
    state,
    shape,
    nowMs,
    (host) => host.reservation !== null || skus.has(host.kind.sku),
  );
  if (!chosen) return;
  const { host, startMs } = chosen;
  turn.emit({ type: 'job_reserved', jobId, hostId: host.spec.hostId, startMs });
}

function isBelowFloor({ state }: Turn, queue: TierQueue): boolean {
  return levelOf(state, queue) < 0;
}
