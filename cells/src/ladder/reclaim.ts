/**
 * Which frozen sandboxes give up their places, so that starts need not wait: pure. Those cheapest to lose go
 * first: of the lowest tier, and among equals the one that has been frozen longest, since it is the least likely
 * to be asked for next.
 */
import { limits } from '@cellbook/shared/limits.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { HostLoad } from '../host/sandbox-host.ts';
import { isFrozen, type Rest } from './rest.ts';

const worth: Record<Tier, number> = { free: 0, paid: 1, enterprise: 2 };

/** `count` of them, or as many as there are. */
export function cheapestToLose(rests: readonly Rest[], count: number): Rest[] {
  return rests
    .filter(isFrozen)
    .toSorted((one, other) => worth[one.tier] - worth[other.tier] || one.suspendedAtMs - other.suspendedAtMs)
    .slice(0, Math.max(0, count));
}

/**
 * How many places of a host should be free and are taken by frozen sandboxes: a share of its places, and where its
 * memory runs short one more in each look, since storing one takes its size in memory once more.
 */
export function placesToFree(load: Omit<HostLoad, 'members'>): number {
  const { live, starting, frozen, capacity, memoryShort } = load;
  const wanted = Math.max(1, Math.ceil(capacity * limits.ladder.freeShare));
  const forStarts = Math.max(0, wanted - (capacity - live - starting));
  return Math.min(frozen, Math.max(forStarts, memoryShort === true ? 1 : 0));
}
