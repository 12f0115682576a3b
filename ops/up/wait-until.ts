import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';

export interface WaitOptions {
  clock: Clock;
  deadlineMs: number;
  /** What is waited for, as a phrase: `Postgres to answer`. */
  what: string;
  pollMs?: number;
  signal?: AbortSignal | undefined;
}

/**
 * Polls until the condition gives something truthy and returns it. A throw counts as "not yet" (the last one
 * becomes the cause of the error after the deadline), except a CellbookError, which ends the wait.
 */
export async function waitUntil<T>(
  condition: () => T | Promise<T>,
  options: WaitOptions,
): Promise<NonNullable<T>> {
  const { clock, deadlineMs, what, pollMs = 50, signal } = options;
  const startedMs = clock.monotonicMs();
  let lastThrown: unknown;
  while (clock.monotonicMs() - startedMs < deadlineMs) {
    signal?.throwIfAborted();
    try {
      const value = await condition();
      if (value) return value;
    } catch (thrown) {
      if (thrown instanceof CellbookError) throw thrown;
      lastThrown = thrown;
    }
    await sleep(clock, pollMs, signal);
  }
  throw new CellbookError('internal', {
    doing: `waiting for ${what}`,
    problem: `nothing after ${Math.round(deadlineMs / 1000)} s`,
    cause: lastThrown,
  });
}
