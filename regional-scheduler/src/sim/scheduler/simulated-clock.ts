/** A machine's own clocks: the wall clock may be off and jump, the monotonic one may go at another pace. */
import type { Timeline } from '../timeline.ts';

export class SimulatedClock {
  wallOffsetMs = 0;
  readonly pace: number;
  readonly #timeline: Timeline;

  constructor(timeline: Timeline, pace = 1) {
    this.#timeline = timeline;
    this.pace = pace;
  }

  nowMs(): number {
    return Math.round(startMs + this.#timeline.nowMs + this.wallOffsetMs);
  }

  monotonicMs(): number {
    return this.#timeline.nowMs * this.pace;
  }

  /** What this machine takes for `delayMs`. */
  after(delayMs: number, run: () => void): void {
    this.#timeline.after(delayMs / this.pace, run);
  }
}

export const startMs = 1_750_000_000_000;
