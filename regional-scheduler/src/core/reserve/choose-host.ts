/**
 * EASY backfill (Lifka, 1995): whoever is next and fits nowhere gets the host where it will fit first, and others may
 * go before it only where that does not make it later. One reservation for each tier and SKU, or one for sixteen of its
 * hosts, at the most, so that little of the fleet is kept empty. Jobs of one GPU need none: the next GPU that comes free is theirs.
 */

import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { Host } from '../fleet/host.ts';
import { hasVersion, isTrusted, type Request } from '../place/find-place.ts';
import type { TierQueue } from '../queue/tier-queue.ts';
import type { SchedulerState } from '../state.ts';
import { freeAtMs, freeBy } from './predict-end.ts';

export interface Chosen {
  host: Host;
  startMs: number;
}

export function chooseHost(
  state: SchedulerState,
  { tier, row, shape, budgetMilli }: Request & { tier: Tier },
  nowMs: number,
  isTaken: (host: Host) => boolean,
): Chosen | null {
  let best: Chosen | null = null;
  for (const host of state.fleet.ranked) {
    const isEligible =
      host.phase === 'up' &&
      shape.kinds.includes(host.kind) &&
      host.free < shape.gpus &&
      isWithin(shape.gpus * host.kind.priceMilli, budgetMilli, host, tier) &&
      !shape.avoids.includes(host.spec.hostId) &&
      isTrusted(state, shape, host) &&
      hasVersion(state, row, host);
    if (!isEligible || isTaken(host)) continue;
    // Most hosts are told apart from the best by this alone, without putting their jobs' ends in order.
    if (best && freeBy(state, host, best.startMs, nowMs) < shape.gpus) continue;
    const startMs = freeAtMs(state, host, shape.gpus, nowMs);
    if (startMs < (best?.startMs ?? Number.POSITIVE_INFINITY)) best = { host, startMs };
  }
  return best;
}

function isWithin(milli: number, budgetMilli: number, host: Host, tier: Tier): boolean {
  return milli <= budgetMilli || milli <= budgetMilli + heldOn(host, tier);
}

/** What the tier itself holds there, which is to end first, does not count against its ceiling then. */
function heldOn(host: Host, tier: Tier): number {
  let milli = 0;
  for (const attempt of host.attempts) if (attempt.tier === tier) milli += attempt.gpus * attempt.priceMilli;
  return milli;
}

/**
 * By SKU, how many more hosts jobs of the tier may wait for: one, and of a large fleet one in sixteen, where that is a
 * matter of minutes. Among jobs of hours, whose ends nobody can tell, hosts that empty would stand half idle.
 */
export class Reservable {
  readonly #left = new Map<string, number>();
  readonly #taken = new Set<string>();

  constructor({ fleet, reservations }: SchedulerState, queue: TierQueue) {
    for (const [sku, count] of fleet.census.hostsBySku) this.#left.set(sku, Math.ceil(count / hostsForEach));
    for (const { tier, nominated, host } of reservations.values())
      if (tier === queue.tier && !nominated) this.take(host.kind.sku);
  }

  has(sku: string): boolean {
    return (this.#left.get(sku) ?? 0) > 0;
  }

  isWorth({ host, startMs }: Chosen, nowMs: number): boolean {
    return !this.#taken.has(host.kind.sku) || startMs - nowMs <= soonMs;
  }

  take(sku: string): void {
    this.#taken.add(sku);
    this.#left.set(sku, (this.#left.get(sku) ?? 0) - 1);
  }
}

const hostsForEach = 16;
const soonMs = 5 * 60_000;
