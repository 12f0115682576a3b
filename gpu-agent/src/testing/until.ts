import { sleep, systemClock } from '@cellbook/shared/clock.ts';

/** Waits for a condition; what it gave is the result. The deadline is for a test that would never end. */
export async function until<T>(
  what: string,
  look: () => T | null | undefined | false,
  deadlineMs = 60_000,
): Promise<T> {
  const endMs = systemClock.monotonicMs() + deadlineMs;
  for (;;) {
    const found = look();
    if (found) return found;
    if (systemClock.monotonicMs() > endMs) throw new Error(`it never came: ${what}`);
    await sleep(systemClock, 20);
  }
}
