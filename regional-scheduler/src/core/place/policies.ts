/** By what a place is chosen: the lower the score of what is left behind, the better. */
import { fragmentedMilli, strandedMilli } from './fragmentation.ts';
import { freeGpuMilli, type Room } from './room.ts';
import type { Workload } from './workload.ts';

export type PlacementPolicy = (before: Room, after: Room, workload: Workload) => number;

/** Ours: what the job adds to the fragmented GPUs and to the stranded ones. */
const gradient: PlacementPolicy = (before, after, workload) =>
  fragmentedMilli(after, workload) -
  fragmentedMilli(before, workload) +
  strandedMilli(after, workload) -
  strandedMilli(before, workload);

/** The published one: the fragmentation gradient alone, squeezed into the whole numbers from 0 to 100. */
const fgd: PlacementPolicy = (before, after, workload) => {
  const more = fragmentedMilli(after, workload) - fragmentedMilli(before, workload);
  return -Math.floor(100 / (1 + Math.exp(more / 1000)));
};

/** Where least is left, processors and GPUs counting alike: a whole GPU and its usual processors. */
const bestFit: PlacementPolicy = (_, after, workload) =>
  freeGpuMilli(after) + after.cpuMilli / workload.cpuPerGpuMilli;

export const placementPolicies = { gradient, fgd, 'best-fit': bestFit } satisfies Record<
  string,
  PlacementPolicy
>;
export type PlacementPolicyName = keyof typeof placementPolicies;
