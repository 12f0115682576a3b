/**
 * The region's time, as a leader counts it. It never goes back, whatever this machine's clock says, and it never stands
 * still: a leader whose clock was an hour ahead has written events of that hour, and until other clocks have caught up
 * time goes on from there as its own monotonic clock does.
 */
import type { Clock } from '@cellbook/shared/clock.ts';

export class RegionTime {
  readonly #clock: Clock;
  #atMs: number;
  #lookedMs: number;

  /** `fromMs`: of the last event. */
  constructor(clock: Clock, fromMs: number) {
    this.#clock = clock;
    this.#lookedMs = clock.monotonicMs();
    this.#atMs = Math.max(clock.nowMs(), fromMs);
  }

  /** `reachedMs`: of the last event by now. */
  nowMs(reachedMs: number): number {
    const lookedMs = this.#clock.monotonicMs();
    this.#atMs = Math.max(this.#clock.nowMs(), this.#atMs + lookedMs - this.#lookedMs, reachedMs);
    this.#lookedMs = lookedMs;
    return Math.floor(this.#atMs);
  }
}
