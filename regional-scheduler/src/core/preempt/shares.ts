/**
 * Whether a preemption makes the sharing better: the tiers' shares of what they are entitled to, sorted from the worst
 * off, must rise where they first differ. Each preemption climbs, so that none is ever undone by another.
 */
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import { entitled } from '../share/fair-share.ts';
import { rankOf, tierNames } from '../share/tiers.ts';
import type { SchedulerState } from '../state.ts';

export interface Shares {
  /** What each will hold once all that was asked to stop has stopped, and whoever it was for has started. */
  held: Record<Tier, number>;
  entitled: Record<Tier, number>;
  floor: Record<Tier, number>;
}

export function sharesOf({ policy, fleet, tiers, reservations }: SchedulerState): Shares {
  const held = { free: 0, paid: 0, enterprise: 0 };
  for (const tier of tierNames) held[tier] = tiers[tier].heldMilli - tiers[tier].leavingMilli;
  for (const { nominated, tier, gpus, host } of reservations.values())
    if (nominated) held[tier] += gpus * host.kind.priceMilli;
  const amounts = entitled(
    tierNames.map((tier) => ({
      policy: policy.tiers[tier],
      heldMilli: tiers[tier].heldMilli,
      wantedMilli: tiers[tier].heldMilli + tiers[tier].queuedMilli * priceOf(fleet),
    })),
    fleet.capacityMilli,
  );
  const by = (amountOf: (tier: Tier) => number): Record<Tier, number> => ({
    free: amountOf('free'),
    paid: amountOf('paid'),
    enterprise: amountOf('enterprise'),
  });
  return {
    held,
    entitled: by((tier) => amounts[tierNames.indexOf(tier)]!),
    floor: by((tier) => policy.tiers[tier].floorShare * fleet.capacityMilli),
  };
}

/** Of a GPU on average: which one somebody who waits will have is not known. */
function priceOf({ capacityMilli, capacityGpus }: SchedulerState['fleet']): number {
  return capacityGpus === 0 ? 1 : capacityMilli / (1000 * capacityGpus);
}

/** Around what it is entitled to a tier's share goes up and down by itself: nobody is stopped for so little. */
const slack = 0.02;

/** Of a higher tier, or below its floor: and then only from whom holds more than it is entitled to. */
export function mayTakeFrom({ held, entitled: due, floor }: Shares, preemptor: Tier, victim: Tier): boolean {
  if (preemptor === victim || held[victim] <= (1 + slack) * due[victim]) return false;
  if (held[preemptor] >= (1 - slack) * due[preemptor]) return false;
  return rankOf(preemptor) > rankOf(victim) || held[preemptor] < floor[preemptor];
}

export interface Moves {
  to: Tier;
  gainsMilli: number;
  losses: readonly { tier: Tier; milli: number }[];
}

export function improves(shares: Shares, { to, gainsMilli, losses }: Moves): boolean {
  const after = { ...shares.held };
  after[to] += gainsMilli;
  for (const { tier, milli } of losses) after[tier] -= milli;
  const before = sortedRatios(shares, shares.held);
  const then = sortedRatios(shares, after);
  const first = before.findIndex((ratio, at) => Math.abs(ratio - then[at]!) > 1e-9);
  return first !== -1 && then[first]! > before[first]!;
}

export function sortedRatios(shares: Shares, held: Record<Tier, number>): number[] {
  return tierNames
    .filter((tier) => shares.entitled[tier] > 0)
    .map((tier) => held[tier] / shares.entitled[tier])
    .sort((a, b) => a - b);
}
