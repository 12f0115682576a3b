/** What a day is judged by. */
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import { quantile } from '../region/quantile.ts';
import type { Window } from './meter.ts';
import { dayPolicy } from './policies.ts';
import { type DayOutcome, tierNames, type Waited } from './run-day.ts';

export interface Summary {
  jobs: number;
  started: number;
  startMs: Record<Tier, { p50: number; p95: number; p99: number; jobs: number; never: number }>;
  /** Of those that a person waits in front of, apart; null where there are none. */
  interactiveMs: Summary['startMs'] | null;
  utilisation: number;
  /** The lowest of any ten minutes. */
  utilisationMin: number;
  share: Record<Tier, { held: number; entitled: number }>;
  /** Of the ten-minute windows in which the tier had somebody waiting throughout, how many it held its floor in. */
  floorKept: Record<Tier, number | null>;
  preemptions: Record<Tier, number>;
  preemptionsPerThousand: number;
  /** Of the GPU time that there was. */
  lostShare: number;
  lostGpuMinutes: number;
  gpuHours: number;
  nodes: DayOutcome['nodes'];
}

export function summaryOf(outcome: DayOutcome, jobs: number): Summary {
  const { waits, meter, preemptions, placements, lostGpuMinutes, nodes } = outcome;
  // The fleet fills.
  const windows = meter.windows.slice(1);
  const mean = (of: (window: Window) => number) =>
    windows.reduce((sum, window) => sum + of(window), 0) / windows.length;
  return {
    jobs,
    started: waits.filter(({ started }) => started).length,
    startMs: byTier((tier) => startsOf(waits.filter((one) => one.tier === tier))),
    interactiveMs: waits.some(({ interactive }) => interactive)
      ? byTier((tier) => startsOf(waits.filter((one) => one.tier === tier && one.interactive)))
      : null,
    utilisation: mean(({ utilisation }) => utilisation),
    utilisationMin: windows.reduce((least, { utilisation }) => Math.min(least, utilisation), 1),
    share: byTier((tier) => ({
      held: mean(({ held }) => held[tier]),
      entitled: mean(({ entitled }) => entitled[tier]),
    })),
    floorKept: byTier((tier) => floorKept(windows, tier)),
    preemptions,
    preemptionsPerThousand: (1000 * sumOf(Object.values(preemptions))) / placements,
    lostShare: (lostGpuMinutes * 60_000) / meter.gpuMs,
    lostGpuMinutes: Math.round(lostGpuMinutes),
    gpuHours: Math.round(meter.gpuMs / 3_600_000),
    nodes,
  };
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

function startsOf(waits: readonly Waited[]) {
  const sorted = waits.map(({ waitMs }) => waitMs).sort((a, b) => a - b);
  return {
    p50: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
    p99: quantile(sorted, 0.99),
    jobs: waits.length,
    never: waits.filter(({ started }) => !started).length,
  };
}

/** Who asks for less than his floor is kept to what he asks for; one GPU in fifty less is as good: jobs are not divisible. */
function floorKept(windows: readonly Window[], tier: Tier): number | null {
  const throughout = windows.filter(({ backlogged }) => backlogged[tier] > 0.999);
  if (throughout.length === 0) return null;
  const { floorShare } = dayPolicy.tiers[tier];
  const keeps = ({ held, entitled }: Window) => held[tier] >= Math.min(floorShare, entitled[tier]) - 0.02;
  return throughout.filter(keeps).length / throughout.length;
}

/** GPU-minutes that a class of requests which hangs may burn before it is contained, whatever the fleet. */
export const poisonGpuMinutesMax = 500;

/** What hanging prompts did to everybody else. */
export function judgePoison(healthy: DayOutcome, poisoned: DayOutcome) {
  const others = (outcome: DayOutcome, tier: Tier | null) =>
    startsOf(outcome.waits.filter((one) => !one.isPoison && (tier === null || one.tier === tier)));
  const growth = (tier: Tier | null) =>
    others(poisoned, tier).p95 / Math.max(1000, others(healthy, tier).p95) - 1;
  const { limits, poisonGpuMinutes, poisonRefused } = poisoned;
  return {
    othersP95Growth: growth(null),
    othersP95GrowthByTier: byTier(growth),
    othersStartMs: byTier((tier) => others(poisoned, tier)),
    gpuMinutes: Math.round(poisonGpuMinutes),
    gpuMinutesMax: poisonGpuMinutesMax,
    refused: poisonRefused,
    limits: limits.slice(0, 20),
    limitedWrongly: new Set(
      limits.filter(({ feature }) => !feature.includes('moebius')).map(({ feature }) => feature),
    ).size,
  };
}

function byTier<Value>(of: (tier: Tier) => Value): Record<Tier, Value> {
  const [free, paid, enterprise] = tierNames.map(of);
  return { free: free!, paid: paid!, enterprise: enterprise! };
}
