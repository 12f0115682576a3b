/** The policy of the day, and the same with one thing changed: what would be if. */
import { defaultPolicy } from '../../core/model/default-policy.ts';
import type { RegionPolicy } from '../../core/model/policy.ts';
import { skuPrice } from './fleet.ts';

const { free, paid } = defaultPolicy.tiers;
/** It preempts while there is still time to start within half a minute. */
const enterprise = { ...defaultPolicy.tiers.enterprise, startMsTarget: 15_000 };

/** As the default one, for jobs of 20 seconds to five minutes: a minute is much of such a job. */
export const dayPolicy: RegionPolicy = {
  ...defaultPolicy,
  skuPrice,
  tiers: { free, paid, enterprise },
  preemption: { ...defaultPolicy.preemption, ranMsMin: 10_000, gainMin: 1 },
};

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
