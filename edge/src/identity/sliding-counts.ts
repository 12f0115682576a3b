/** How often each of many has come within a minute: a window that slides by halves, the last seen in memory. */
import { limits } from '@cellbook/shared/limits.ts';
import { BoundedMap } from '../bounded-map.ts';

const windowMs = 60_000;

export class SlidingCounts {
  readonly #seen = new BoundedMap<{ window: number; count: number; before: number }>(
    limits.edge.signInAddressesMax,
  );

  /** Counts one more, unless there are as many as may be: then how long to wait. */
  enter(key: string, countMax: number, nowMs: number): number | null {
    const held = this.#seen.get(key);
    // Clocks of those who ask differ a little: the count of a window is never begun twice.
    const window = Math.max(Math.floor(nowMs / windowMs), held?.window ?? 0);
    const before = held?.window === window ? held.before : held?.window === window - 1 ? held.count : 0;
    const count = (held?.window === window ? held.count : 0) + 1;
    const intoMs = Math.max(0, nowMs - window * windowMs);
    if (count + before * (1 - intoMs / windowMs) > countMax) return windowMs - intoMs;
    this.#seen.set(key, { window, count, before });
    return null;
  }
}
