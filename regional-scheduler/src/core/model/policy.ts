/** What an operator sets for a region. Shares are of the region's SKU-priced GPUs. */
import type { Durability } from '@cellbook/shared/protocol/job-request.ts';
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
  /** When a job of it is acknowledged that says nothing of it; absent: `durable`. */
  durability?: Durability | undefined;
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
    /** The preemptor's predicted wait, by his tier's weight, must exceed what the victims lose, by theirs, so many times. */
    gainMin: number;
    /** How long a victim has to write its checkpoint and stop. */
    stopMs: number;
    /**
     * Within a tier: who has run for so long at a stretch may be stopped, where it can go on from there, for one that has
     * run for less. Absent: nobody is stopped for one of his own tier.
     */
    sliceMs?: number | undefined;
    /** False: nobody waits for a host that is on its way. */
    waitForNodes?: boolean | undefined;
  };
  /** Jobs looked at behind one that is reserved for. */
  backfillDepth: number;
  /** Hosts that come and go with the load; absent: the fleet is as it is. */
  scale?: ScaleSettings | undefined;
}

/** A kind of host that a provider gives. */
export interface NodeKind {
  /** As the provider knows it; names of its hosts begin with it. */
  name: string;
  sku: string;
  gpus: number;
  gpuMemoryMib: number;
  /** How long one takes to be up, usually. */
  provisionMs: number;
  /** GPUs of the SKU in the region, those that nobody gave too. */
  gpusMin: number;
  gpusMax: number;
}

export interface ScaleSettings {
  /** What could run on several is counted for the first. */
  nodes: readonly NodeKind[];
  /** Of the busy GPUs, kept idle for what comes next. */
  headroomShare: number;
  /** How long GPUs must have been too many before one goes. */
  idleMs: number;
  /** The most of the fleet that is asked for, or given up, at once. */
  stepShareMax: number;
  /** A node must be needed this long to be worth its coming. */
  usefulMs: number;
}
