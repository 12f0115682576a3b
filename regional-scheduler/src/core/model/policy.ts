/** What an operator sets for a region. Shares are of the region's SKU-priced GPUs. */
import type { Tier } from '@cellbook/shared/protocol/principal.ts';

export interface TierPolicy {
  /** What a backlogged tier is sure of, 0–1; the floors sum to at most 1. */
  floorShare: number;
  /** By what is left over is shared. */
  weight: number;
  /** The most it may hold, 0–1. */
  ceilingShare: number;
  /** For `ln(predicted GPU-seconds) + submitted / ageingMs`: after this long a job counts as e times shorter. */
  ageingMs: number;
  /** How long a job of it should wait at the most, at its 95th percentile: what it may preempt for. */
  startMsTarget: number;
}

export interface RegionPolicy {
  tiers: Record<Tier, TierPolicy>;
  /** Price of a GPU of a SKU against the reference one; unnamed ones cost 1. */
  skuPrice: Record<string, number>;
  preemption: {
    /** Not before it has run this long. */
    ranMsMin: number;
    perJobMax: number;
    /** Token bucket of each tier: so many in hand, one more each. */
    burst: number;
    refillMs: number;
    /** The preemptor's predicted wait must exceed what the victims lose by this factor. */
    gainMin: number;
    /** How long a victim has to write its checkpoint and stop. */
    stopMs: number;
  };
  /** Jobs looked at behind one that is reserved for. */
  backfillDepth: number;
}
