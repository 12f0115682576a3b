/**
 * Gangs whose turn it is and that fit nowhere get a host to wait for, those of the tier that has least of its share
 * first. Only while nobody of one GPU is before them: the next GPU that comes free is his.
 */

import type { ShapeClass } from '../queue/shape-class.ts';
import type { TierQueue } from '../queue/tier-queue.ts';
import { chooseHost, Reservable } from '../reserve/choose-host.ts';
import { budgetMilli } from '../share/shares-of.ts';
import { byLevel } from './dispatch.ts';
import { isLetRun } from './let-run.ts';
import type { Turn } from './turn.ts';

export function reserveForGangs(turn: Turn): void {
  for (const queue of byLevel(turn)) {
    if (queue.queued === 0) continue;
    const reservable = new Reservable(turn.state, queue);
    const { census } = turn.state.fleet;
    const isWanted = ({ gpus, kinds }: ShapeClass) =>
      kinds.some((kind) => census.kinds.has(kind) && (gpus === 1 || reservable.has(kind.sku)));
    for (const shape of queue.inOrder(gangsLooked, isWanted)) {
      if (turn.isFull || shape.gpus === 1) break;
      reserve(turn, queue, shape, reservable);
    }
  }
}

/** Of a tier in a round: there are only a few SKUs to reserve. */
const gangsLooked = 4;

function reserve(turn: Turn, queue: TierQueue, shape: ShapeClass, reservable: Reservable): void {
  const { state, nowMs } = turn;
  const row = queue.firstOf(shape);
  const jobId = state.jobs.ids[row]!;
  if (state.reservations.has(jobId) || !isLetRun(turn, row)) return;
  const chosen = chooseHost(
    state,
    { tier: queue.tier, row, shape, budgetMilli: budgetMilli(state, queue) },
    nowMs,
    (host) => host.reservation !== null || !reservable.has(host.kind.sku),
  );
  if (!chosen || !reservable.isWorth(chosen, nowMs)) return;
  const { host, startMs } = chosen;
  turn.emit({ type: 'job_reserved', jobId, hostId: host.spec.hostId, startMs });
  reservable.take(host.kind.sku);
}
