/** Whether it is worth stopping somebody for one that waits. */
import type { Turn } from '../decide/turn.ts';
import type { Row } from '../jobs/job-table.ts';
import type { ShapeClass } from '../queue/shape-class.ts';
import type { TierQueue } from '../queue/tier-queue.ts';
import type { SchedulerState } from '../state.ts';
import { untilNodeMs } from './until-node.ts';
import type { Waits } from './wait.ts';

/** How long it would wait without; null: it waits for nobody, or not too long. */
export function worthMs(
  { state, nowMs }: Turn,
  queue: TierQueue,
  { shape, row }: { shape: ShapeClass; row: Row },
  waits: Waits,
): number | null {
  const claim = state.reservations.get(state.jobs.ids[row]!);
  if (claim?.nominated) return null;
  const queuedMs = state.tries.get(row)?.queuedMs ?? state.jobs.submittedMs[row]!;
  // Itself, who can run nowhere else, and everybody of its tier: whoever waits longest.
  const allMs = Math.max(
    waits.untilMs(state.fleet.kinds, Math.ceil(queue.queuedMilli / 1000)),
    waits.untilMs(shape.kinds, confinedTo(state, queue, shape)),
  );
  const ownMs = claim ? claim.startMs - nowMs : waits.untilHostMs(shape);
  const isAwaited = state.policy.preemption.waitForNodes ?? true;
  const nodeMs = isAwaited ? untilNodeMs(state, queue, shape, nowMs) : null;
  const waitMs = Math.min(nodeMs ?? Number.POSITIVE_INFINITY, Math.max(allMs, ownMs));
  // While there is time for the victims to stop.
  const isLate = nowMs - queuedMs + waitMs > state.policy.tiers[queue.tier].startMsTarget / 2;
  return isLate ? waitMs : null;
}

/** GPUs that are waited for by who can run only where this shape can. */
function confinedTo({ fleet: { census } }: SchedulerState, queue: TierQueue, { kinds }: ShapeClass): number {
  let gpus = 0;
  for (const one of queue.classes)
    if (one.kinds.every((kind) => kinds.includes(kind) || !census.kinds.has(kind)))
      gpus += one.gpus * one.queued;
  return gpus;
}
