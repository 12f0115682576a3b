/** A minute in which ten times as many come as was forecast, of each tier, while nothing is ready; and until all run. */
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import { type Came, openOverloadedCell } from './overloaded-cell.ts';

export interface Rush {
  came: Came[];
  /** That wait still when the last has come. */
  waiting: number;
  isDraining: boolean;
}

const [perMinute, stepMs] = [30, 20];

/** Of those that come one in ten is enterprise, three are paid, six free. */
export const tierOf = (share: number): Tier => (share < 0.1 ? 'enterprise' : share < 0.4 ? 'paid' : 'free');

export async function rush(seed: number): Promise<Rush> {
  const cell = await openOverloadedCell({ processors: 2, usual: perMinute, seed });
  const { clock, random } = cell;
  await clock.advance(2_500);
  await cell.empty();
  for (let passedMs = 0; passedMs < 60_000; passedMs += stepMs) {
    if (random.float() < (10 * perMinute * stepMs) / 60_000) await cell.come(tierOf(random.float()));
    await clock.advance(stepMs);
  }
  const { isDraining } = cell.lifecycle;
  const waiting = [...cell.came.values()].filter(({ tookMs }) => tookMs === null).length;
  for (let passedMs = 0; passedMs < 120_000; passedMs += 500) await clock.advance(500);
  await cell.close();
  return { came: [...cell.came.values()], waiting, isDraining };
}

export const of = (came: readonly Came[], tier: Tier): Came[] => came.filter((each) => each.tier === tier);

/** Of one that does not run at all: for ever. */
export const tookMs = (came: readonly Came[], tier: Tier): number[] =>
  of(came, tier).map((each) => each.tookMs ?? Number.POSITIVE_INFINITY);

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
