import type { Turn } from '../decide/turn.ts';
import type { RegionPolicy } from '../model/policy.ts';
import type { TierQueue } from '../queue/tier-queue.ts';

export function tokensOf({ state, nowMs }: Turn, queue: TierQueue): number {
  return tokensAt(queue, state.policy.preemption, nowMs);
}

/** How many preemptions a tier has in hand; it begins with a full bucket. */
export function tokensAt(
  { tokens, tokensAtMs }: Pick<TierQueue, 'tokens' | 'tokensAtMs'>,
  { burst, refillMs }: RegionPolicy['preemption'],
  nowMs: number,
): number {
  if (tokensAtMs === 0) return burst;
  return Math.min(burst, tokens + Math.max(0, nowMs - tokensAtMs) / Math.max(1, refillMs));
}
