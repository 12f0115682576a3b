/** Fair share (fair-share.ts) of the tiers as the state has them. */
import type { TierQueue } from '../queue/tier-queue.ts';
import type { SchedulerState } from '../state.ts';
import { ceilingMilli, level } from './fair-share.ts';

export function levelOf({ policy, fleet }: SchedulerState, { tier, heldMilli }: TierQueue): number {
  return level({ policy: policy.tiers[tier], heldMilli }, fleet.capacityMilli);
}

/** What it may still take before its ceiling. */
export function budgetMilli({ policy, fleet }: SchedulerState, { tier, heldMilli }: TierQueue): number {
  return ceilingMilli(policy.tiers[tier], fleet.capacityMilli) - heldMilli;
}
