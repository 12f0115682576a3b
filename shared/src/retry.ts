/**
 * Retries with full jitter (Brooker, "Exponential Backoff And Jitter", 2015): the n-th delay is uniform in
 * [0, min(maxDelayMs, baseDelayMs · 2ⁿ)], so that many clients that failed together do not return together.
 */
import { type Clock, sleep } from './clock.ts';
import type { Random } from './random.ts';

export interface RetryPolicy {
  attemptsMax: number;
  baseDelayMs: number;
  maxDelayMs: number;
}

/** Delay before attempt `attempt` (1 is the first retry), milliseconds. */
export function retryDelayMs(attempt: number, policy: RetryPolicy, random: Random): number {
  const ceilingMs = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** Math.min(attempt - 1, 30));
  return Math.floor(random.float() * ceilingMs);
}

export interface RetryTools {
  clock: Clock;
  random: Random;
  signal?: AbortSignal;
}

/** Runs `work` until it succeeds, throws something not `retryable`, the signal aborts, or attempts run out. */
export async function retry<T>(
  work: (attempt: number) => Promise<T>,
  policy: RetryPolicy,
  retryable: (error: unknown) => boolean,
  tools: RetryTools,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    tools.signal?.throwIfAborted();
    try {
      return await work(attempt);
    } catch (error) {
      if (attempt >= policy.attemptsMax || !retryable(error)) throw error;
      await sleep(tools.clock, retryDelayMs(attempt, policy, tools.random), tools.signal);
    }
  }
}
