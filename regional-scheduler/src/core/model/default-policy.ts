import type { RegionPolicy, ScaleSettings } from './policy.ts';

const minuteMs = 60_000;

/** What holds until an operator says otherwise (`policy_set`). */
export const defaultPolicy: RegionPolicy = {
  tiers: {
    free: {
      floorShare: 0.1,
      weight: 1,
      ceilingShare: 1,
      ageingMs: 30 * minuteMs,
      startMsTarget: 60 * minuteMs,
    },
    paid: {
      floorShare: 0.3,
      weight: 3,
      ceilingShare: 1,
      ageingMs: 10 * minuteMs,
      startMsTarget: 10 * minuteMs,
    },
    enterprise: {
      floorShare: 0.4,
      weight: 6,
      ceilingShare: 1,
      ageingMs: 5 * minuteMs,
      startMsTarget: minuteMs / 2,
    },
  },
  skuPrice: {},
  preemption: {
    ranMsMin: 20_000,
    perJobMax: 2,
    burst: 50,
    refillMs: 1_000,
    gainMin: 4,
    stopMs: 30_000,
    sliceMs: 30 * minuteMs,
  },
  backfillDepth: 32,
};

/** What holds of hosts that come and go, where an operator names kinds of them and nothing else. */
export const usualScale: Omit<ScaleSettings, 'nodes'> = {
  headroomShare: 0.1,
  idleMs: 15 * minuteMs,
  stepShareMax: 0.25,
  usefulMs: 10 * minuteMs,
};
