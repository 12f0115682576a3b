/** Of the simulated region: as the default one, with times so short that a run of minutes passes them many times. */
import { defaultPolicy } from '../../core/model/default-policy.ts';
import type { RegionPolicy } from '../../core/model/policy.ts';

const { free, paid, enterprise } = defaultPolicy.tiers;

export const worldPolicy: RegionPolicy = {
  ...defaultPolicy,
  tiers: {
    free: { ...free, floorShare: 0.2, ceilingShare: 0.7, startMsTarget: 120_000 },
    paid: { ...paid, floorShare: 0.3, ceilingShare: 0.9, startMsTarget: 20_000 },
    enterprise: { ...enterprise, floorShare: 0.4, startMsTarget: 5_000 },
  },
  skuPrice: { h100: 2, a100: 1 },
  preemption: {
    ...{ ranMsMin: 4_000, perJobMax: 2, burst: 8, refillMs: 5_000, gainMin: 1.2, stopMs: 5_000 },
  },
};
