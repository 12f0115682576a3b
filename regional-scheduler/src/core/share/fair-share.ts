/**
 * How the region's GPUs are shared among tiers. Each tier has a floor, a weight and a ceiling; amounts are priced GPUs
 * in thousandths. Water is poured: first into every tier up to its floor (all filling in proportion), then, by weight,
 * up to what each wants or may have. `level` is how high the water stands in a tier now: the lowest is served next.
 * `entitled` is where it would stand if everything were shared out: who is above it holds what is others'.
 */
import type { TierPolicy } from '../model/policy.ts';

export interface TierShare {
  policy: Pick<TierPolicy, 'floorShare' | 'weight' | 'ceilingShare'>;
  /** What it holds. */
  heldMilli: number;
  /** What it holds and what it waits for. */
  wantedMilli: number;
}

/** Below the floor −1 to 0, above it from 0 on. */
export function level(share: Omit<TierShare, 'wantedMilli'>, capacityMilli: number): number {
  const { floorShare, weight } = share.policy;
  const floor = floorShare * capacityMilli;
  if (share.heldMilli < floor) return share.heldMilli / floor - 1;
  if (capacityMilli === 0) return 0;
  return (share.heldMilli - floor) / (Math.max(weight, 1e-9) * capacityMilli);
}

/** The most it may hold. */
export function ceilingMilli(policy: Pick<TierPolicy, 'ceilingShare'>, capacityMilli: number): number {
  return Math.floor(policy.ceilingShare * capacityMilli + 1e-6);
}

export function entitled(shares: readonly TierShare[], capacityMilli: number): number[] {
  const most = shares.map(({ policy, wantedMilli }) =>
    Math.min(wantedMilli, ceilingMilli(policy, capacityMilli)),
  );
  const given = shares.map(({ policy }, at) => Math.min(most[at]!, policy.floorShare * capacityMilli));
  let rest = capacityMilli - given.reduce((sum, one) => sum + one, 0);
  let thirsty = [...shares.keys()].filter((at) => given[at]! < most[at]!);
  while (rest > 1e-6 && thirsty.length > 0) {
    const weights = thirsty.reduce((sum, at) => sum + Math.max(shares[at]!.policy.weight, 1e-9), 0);
    const each = thirsty.map((at) =>
      Math.min(most[at]! - given[at]!, (rest * Math.max(shares[at]!.policy.weight, 1e-9)) / weights),
    );
    for (const [place, at] of thirsty.entries()) given[at]! += each[place]!;
    rest -= each.reduce((sum, one) => sum + one, 0);
    thirsty = thirsty.filter((at) => most[at]! - given[at]! > 1e-6);
  }
  return given;
}
