/** The policy of the day, which is the default one with the prices of the fleet; and the same with one thing changed. */
import { defaultPolicy, usualScale } from '../../core/model/default-policy.ts';
import type { RegionPolicy, ScaleSettings } from '../../core/model/policy.ts';
import { skuPrice } from './fleet.ts';

const { free, paid, enterprise } = defaultPolicy.tiers;

export const dayPolicy: RegionPolicy = { ...defaultPolicy, skuPrice };

export const whatIfs: Record<string, RegionPolicy> = {
  'without preemption': { ...dayPolicy, preemption: { ...dayPolicy.preemption, burst: 0, refillMs: 1e15 } },
  'without floors': {
    ...dayPolicy,
    tiers: {
      free: { ...free, floorShare: 0 },
      paid: { ...paid, floorShare: 0 },
      enterprise: { ...enterprise, floorShare: 0 },
    },
  },
  'a floor of 0.3 for free': {
    ...dayPolicy,
    tiers: { free: { ...free, floorShare: 0.3 }, paid: { ...paid, floorShare: 0.3 }, enterprise },
  },
};

/** Hosts of the dearest GPUs, on which everything runs, as many again as half of the fleet, in four minutes. */
function scaleOf(gpus: number): ScaleSettings {
  const own = Math.round(gpus / 2);
  const node = { name: 'h100x8', sku: 'h100', gpus: 8, gpuMemoryMib: 81_920, provisionMs: 4 * 60_000 };
  return { ...usualScale, nodes: [{ ...node, gpusMin: own, gpusMax: 2 * own }] };
}

/** A day with hosts that come and go, where they are waited for and where nobody waits for them. */
export function scaled(gpus: number): Record<string, RegionPolicy> {
  const scale = scaleOf(gpus);
  const awaited: RegionPolicy = { ...dayPolicy, scale };
  return {
    'long jobs, and no hosts come': dayPolicy,
    'long jobs; hosts come, and are waited for': awaited,
    'long jobs; hosts come, and nobody waits for them': {
      ...awaited,
      preemption: { ...awaited.preemption, waitForNodes: false },
    },
  };
}
