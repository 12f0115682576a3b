/** What the queue is like, for shedding: from the scheduler's state, worked out once a second at the most. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { type Tier, tierSchema } from '@cellbook/shared/protocol/principal.ts';
import type { TierQueue } from '../core/queue/tier-queue.ts';
import type { SchedulerState } from '../core/state.ts';
import { gpusOf } from '../records/explain.ts';
import type { Pressure } from './shed.ts';

export function pressureOf(state: SchedulerState, nowMs: number): Pressure {
  const tiers = tierSchema.options;
  const of = <Value>(value: (queue: TierQueue) => Value) =>
    Object.fromEntries(tiers.map((tier) => [tier, value(state.tiers[tier])])) as Record<Tier, Value>;
  return {
    atMs: nowMs,
    queued: tiers.reduce((sum, tier) => sum + state.tiers[tier].queued, 0),
    queuedByTier: of(({ queued }) => queued),
    waitMsByTier: of((queue) => {
      const gpus = gpusOf(state, queue);
      return gpus === 0 ? null : workOf(queue) / gpus;
    }),
  };
}

const workOf = ({ customers }: TierQueue): number => {
  let work = 0;
  for (const { queuedWork } of customers.values()) work += queuedWork;
  return work;
};

export function watchPressure(deps: { state(): SchedulerState | null; clock: Clock }): () => Pressure | null {
  const { clock, state } = deps;
  let last: { pressure: Pressure | null; monoMs: number } | null = null;
  return () => {
    const monoMs = clock.monotonicMs();
    if (last && monoMs - last.monoMs < limits.jobs.pressureEveryMs) return last.pressure;
    const now = state();
    last = { pressure: now && pressureOf(now, clock.nowMs()), monoMs };
    return last.pressure;
  };
}
