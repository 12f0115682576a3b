/**
 * Jobs onto GPUs, until nobody who may run fits anywhere: the tier whose water stands lowest, in it the first customer
 * of the shapes that are not parked, his first job. What fits nowhere parks its shape.
 */
import type { Host } from '../fleet/host.ts';
import type { Row } from '../jobs/job-table.ts';
import { findHole, findPlace, findYielding, type Request } from '../place/find-place.ts';
import type { ShapeClass } from '../queue/shape-class.ts';
import type { TierQueue } from '../queue/tier-queue.ts';
import { chooseHost, reservedSkus } from '../reserve/choose-host.ts';
import { budgetMilli, levelOf } from '../share/shares-of.ts';
import { tierNames } from '../share/tiers.ts';
import { isLetRun, verdictOn } from './let-run.ts';
import type { Turn } from './turn.ts';

export function dispatch(turn: Turn): void {
  while (!turn.isFull) {
    const next = nextClass(turn);
    if (!next) return;
    const { queue, shape } = next;
    placeNext(turn, queue, shape);
  }
}

/**
 * Gangs whose turn it is and that fit nowhere get a host to wait for, those of the tier that has least of its share first. Only while nobody of one GPU is before them: the
 * next GPU that comes free is his.
 */
export function reserveForGangs(turn: Turn): void {
  for (const queue of byLevel(turn)) {
    for (const shape of queue.inOrder()) {
      if (turn.isFull || shape.gpus === 1) break;
      if (shape.parked === 'room') reserve(turn, queue, shape);
    }
  }
}

/** The tier whose water stands lowest first, the higher one where it stands equally high. */
function byLevel({ state }: Turn): TierQueue[] {
  const levels = tierNames
    .toReversed()
    .map((tier) => ({ queue: state.tiers[tier], level: levelOf(state, state.tiers[tier]) }));
  return levels.sort((a, b) => a.level - b.level).map(({ queue }) => queue);
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
  const request: Request = { row, shape, budgetMilli: budgetMilli(state, queue) };
  const isOver =
    shape.kinds.length > 0 &&
    shape.kinds.every(({ priceMilli }) => shape.gpus * priceMilli > request.budgetMilli);
  if (isOver) {
    shape.parked = 'ceiling';
    return;
  }
  // Only who has a place is asked whether its class may run: whether it is parked changes nothing then.
  const host = findPlace(state, request) ?? findHole(state, request, nowMs);
  const yielding = host ? null : findYieldingTo(turn, queue, request);
  if (host) place(turn, row, host);
  else if (yielding) takeFrom(turn, row, yielding);
  else if (!backfill(turn, request)) shape.parked = 'room';
}

function findYieldingTo({ state }: Turn, queue: TierQueue, request: Request): Host | null {
  if (levelOf(state, queue) >= 0) return null;
  return findYielding(state, request, ({ tier }) => levelOf(state, state.tiers[tier]) >= 0);
}

function place(turn: Turn, row: Row, host: Host): void {
  if (admit(turn, row)) turn.placeOn(row, host);
}

function takeFrom(turn: Turn, row: Row, host: Host): void {
  if (!admit(turn, row)) return;
  turn.emit({ type: 'reservation_dropped', jobId: host.reservation!.jobId });
  turn.placeOn(row, host);
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
      place(turn, row, host);
      return true;
    }
  }
  return false;
}

const perLine = 4;

/** Whether its class may run; one that may not is held, or refused. */
function admit(turn: Turn, row: Row): boolean {
  const verdict = verdictOn(turn, row);
  if (verdict.go) return true;
  const jobId = turn.state.jobs.ids[row]!;
  if (verdict.refuse) turn.emit({ type: 'job_ended', jobId, phase: 'failed', because: verdict.because });
  else turn.emit({ type: 'job_held', jobId, because: 'class', untilMs: verdict.untilMs });
  return false;
}

function reserve(turn: Turn, queue: TierQueue, shape: ShapeClass): void {
  const { state, nowMs } = turn;
  const row = shape.lines.top!.jobs.top!;
  const jobId = state.jobs.ids[row]!;
  if (state.reservations.has(jobId) || !isLetRun(turn, row)) return;
  const skus = reservedSkus(state, queue);
  const chosen = chooseHost(
    state,
    { shape, budgetMilli: budgetMilli(state, queue) },
    nowMs,
    (host) => host.reservation !== null || skus.has(host.kind.sku),
  );
  if (!chosen) return;
  const { host, startMs } = chosen;
  turn.emit({ type: 'job_reserved', jobId, hostId: host.spec.hostId, startMs });
}
