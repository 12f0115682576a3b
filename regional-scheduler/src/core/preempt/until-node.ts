/** How long until a host that a provider was asked for could take a job. */
import { outgrownMib } from '../contain/retry.ts';
import type { Row } from '../jobs/job-table.ts';
import type { ShapeClass } from '../queue/shape-class.ts';
import type { TierQueue } from '../queue/tier-queue.ts';
import type { NodeRecord } from '../scale/capacity.ts';
import { rankOf, tierNames } from '../share/tiers.ts';
import type { SchedulerState } from '../state.ts';

/**
 * Null: none is on its way that it fits, or those that are will be taken by who is before it: its tier's queue and those
 * of higher tiers. The first by which there are enough for all of them.
 */
export function untilNodeMs(
  state: SchedulerState,
  queue: TierQueue,
  shape: ShapeClass,
  nowMs: number,
): number | null {
  const { nodes } = state.capacity;
  if (nodes.size === 0) return null;
  const row = queue.firstOf(shape);
  const template = state.jobs.templateOf(row);
  const outgrown = outgrownHere(state, row, shape);
  const isFor = ({ phase, kind }: NodeRecord) =>
    phase === 'asked' &&
    kind.gpus >= shape.gpus &&
    kind.gpuMemoryMib >= template.gpuMemoryMib &&
    kind.gpuMemoryMib > outgrown &&
    (template.skus === null || template.skus.includes(kind.sku));
  const coming = [...nodes.values()]
    .filter(isFor)
    .map((record) => ({ inMs: untilUpMs(record, nowMs), gpus: record.kind.gpus }))
    .sort((a, b) => a.inMs - b.inMs);
  let left = waitingBefore(state, queue);
  for (const { inMs, gpus } of coming) {
    left -= gpus;
    if (left <= 0) return inMs;
  }
  return null;
}

/**
 * The memory that it ran out of: where it waits for larger GPUs (record/move-job.ts) a node with no more of it is none for
 * it. 0: it did not, or there are no larger ones and it may have any.
 */
function outgrownHere({ tries }: SchedulerState, row: Row, { kinds }: ShapeClass): number {
  const outgrown = outgrownMib(tries.get(row)?.failures ?? []);
  return kinds.every(({ memoryMib }) => memoryMib > outgrown) ? outgrown : 0;
}

/** GPUs. */
function waitingBefore({ tiers }: SchedulerState, queue: TierQueue): number {
  const before = tierNames.filter((tier) => rankOf(tier) >= rankOf(queue.tier));
  return before.reduce((sum, tier) => sum + tiers[tier].queuedMilli, 0) / 1000;
}

/** Whoever is late is expected to take a tenth of his time again. */
function untilUpMs({ askedMs, kind }: NodeRecord, nowMs: number): number {
  const usualMs = askedMs + kind.provisionMs - nowMs;
  return usualMs > 0 ? usualMs : Math.max(1_000, (nowMs - askedMs) / 10);
}
