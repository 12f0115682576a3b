/**
 * A value of a store kept in the isolate, so that no request on the hot path reads the store. Young: used as
 * it is. Past `refreshMs`: used, and read again behind the request. Past twice that, or never read: read
 * first. A failed read leaves the last good value in place; only an edge that never had one refuses. While the
 * store stays down it is tried behind requests, so that they do not each wait for its deadline.
 *
 * Two requests never wait for one read: workerd drops the I/O of a request whose client has gone, and with it
 * would go everyone else's answer. `#startedMs` only keeps refreshes from piling up.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';

export interface SnapshotOptions<Value> {
  clock: Clock;
  /** What is kept, as a phrase: `the pins`. */
  name: string;
  load: () => Promise<Value>;
  /** Whether `next` may replace what is held: an older epoch may not. */
  supersedes?: (next: Value, held: Value) => boolean;
  onFailure: (problem: unknown) => void;
}

export type Defer = (work: Promise<unknown>) => void;

export class Snapshot<Value> {
  readonly #options: SnapshotOptions<Value>;
  #held: { value: Value; readMs: number } | null = null;
  #startedMs = Number.NEGATIVE_INFINITY;
  #failedMs = Number.NEGATIVE_INFINITY;
  #changes = 0;

  constructor(options: SnapshotOptions<Value>) {
    this.#options = options;
  }

  async get(defer: Defer): Promise<Value> {
    const refreshMs = limits.edge.snapshotRefreshMs;
    const nowMs = this.#options.clock.monotonicMs();
    const ageMs = this.#held ? nowMs - this.#held.readMs : Number.POSITIVE_INFINITY;
    if (this.#held && ageMs < refreshMs) return this.#held.value;
    const isDown = nowMs - this.#failedMs < refreshMs;
    if (!this.#held || (ageMs >= 2 * refreshMs && !isDown)) return this.reload();
    if (nowMs - this.#startedMs >= limits.edge.directoryMsMax) defer(this.reload());
    return this.#held.value;
  }

  /** Reads now; the last good value where that fails. */
  async reload(): Promise<Value> {
    const { clock, load, name, onFailure, supersedes } = this.#options;
    this.#startedMs = clock.monotonicMs();
    const changes = this.#changes;
    try {
      const value = await withDeadline(
        clock,
        limits.edge.directoryMsMax,
        { code: 'store_unavailable', doing: `reading ${name}` },
        load,
      );
      // What was read before this isolate's own change may lack it; the next read has it.
      if (this.#held && this.#changes !== changes) return this.#held.value;
      const kept =
        this.#held && supersedes && !supersedes(value, this.#held.value) ? this.#held.value : value;
      this.#held = { value: kept, readMs: clock.monotonicMs() };
      this.#failedMs = Number.NEGATIVE_INFINITY;
      return kept;
    } catch (problem) {
      this.#failedMs = clock.monotonicMs();
      onFailure(problem);
      if (this.#held) return this.#held.value;
      throw new CellbookError('store_unavailable', {
        doing: `reading ${name}`,
        problem: 'the edge has just started and cannot read them yet',
        next: 'Try again in a few seconds.',
        retryAfterMs: limits.edge.unreachableRetryAfterMs,
        cause: problem,
      });
    }
  }

  /** Changes what is held at once, where this isolate itself made the change. */
  adjust(change: (held: Value) => void): void {
    this.#changes++;
    if (this.#held) change(this.#held.value);
  }
}
