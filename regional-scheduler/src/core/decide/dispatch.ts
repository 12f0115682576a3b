/**
 * Jobs onto GPUs, until nobody who may run fits anywhere: the tier whose water stands lowest, in it the first customer
 * of the shapes that are not parked, his first job. What fits nowhere parks its shape. Whether a shape is parked must
 * change no decision, so that only what parks and opens it (room, the tier's ceiling) is looked at here.
 */
import type { Host } from '../fleet/host.ts';
import type { Row } from '../jobs/job-table.ts';
import { couldAfford, findPlace, isVersionAllItLacks, type Request } from '../place/find-place.ts';
import type { ShapeClass } from '../queue/shape-class.ts';
import type { TierQueue } from '../queue/tier-queue.ts';
import { budgetMilli, levelOf } from '../share/shares-of.ts';
import { tierNames } from '../share/tiers.ts';
import type { SchedulerState } from '../state.ts';
import { verdictOn } from './let-run.ts';
import type { Turn } from './turn.ts';

export function dispatch(turn: Turn): void {
  while (!turn.isFull) {
    const next = nextClass(turn);
    if (!next) return;
    placeNext(turn, next.queue, next.shape);
  }
}

/** The tier whose water stands lowest first, the higher one where it stands equally high. */
export function byLevel({ state }: Turn): TierQueue[] {
  const levels = tierNames
    .toReversed()
    .map((tier) => ({ queue: state.tiers[tier], level: levelOf(state, state.tiers[tier]) }));
  return levels.sort((a, b) => a.level - b.level).map(({ queue }) => queue);
}

/** Where its class may run; one that may not is held, or refused. */
export function placeIfLet(turn: Turn, row: Row, host: Host): void {
  const verdict = verdictOn(turn, row);
  const jobId = turn.state.jobs.ids[row]!;
  if (verdict.go) turn.placeOn(row, host);
  else if (verdict.refuse) turn.emit({ type: 'job_ended', jobId, phase: 'failed', because: verdict.because });
  else turn.emit({ type: 'job_held', jobId, because: 'class', untilMs: verdict.untilMs });
}

function nextClass({ state }: Turn): { queue: TierQueue; shape: ShapeClass } | null {
  let best: TierQueue | null = null;
  let first: ShapeClass | null = null;
  let lowest = Number.POSITIVE_INFINITY;
  // The highest tier last, so that it wins where water stands equally high.
  for (const tier of tierNames) {
    const queue = state.tiers[tier];
    const level = levelOf(state, queue);
    if (level > lowest) continue;
    const shape = queue.next();
    if (!shape) continue;
    lowest = level;
    best = queue;
    first = shape;
  }
  return best && first && { queue: best, shape: first };
}

/** For a host that has its version. A new one is everywhere before it is used (binaries-at-hand.ts): these are few. */
const lookAgainMs = 15_000;

function placeNext(turn: Turn, queue: TierQueue, shape: ShapeClass): void {
  const { state } = turn;
  const row = queue.firstOf(shape);
  const request: Request = { row, shape, budgetMilli: budgetMilli(state, queue) };
  const host = findPlace(state, request);
  // Only who has a place is asked whether its class may run: one that is parked is not asked either.
  if (host) placeIfLet(turn, row, host);
  else if (isVersionAllItLacks(state, request)) {
    const untilMs = turn.nowMs + lookAgainMs;
    turn.emit({ type: 'job_held', jobId: state.jobs.ids[row]!, because: 'version', untilMs });
  } else shape.parked = whyParked(state, shape, request.budgetMilli);
}

function whyParked(state: SchedulerState, shape: ShapeClass, budgetMilli: number): ShapeClass['parked'] {
  if (shape.kinds.length > 0 && !couldAfford(state, shape, budgetMilli)) return 'ceiling';
  const isAllAfforded = shape.kinds.every(({ priceMilli }) => shape.gpus * priceMilli <= budgetMilli);
  return isAllAfforded ? 'room' : 'both';
}
