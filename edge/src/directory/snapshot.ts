/**
 * A value of a store kept in the isolate, so that no request on the hot path reads the store. Young: used as
 * it is. Past `refreshMs`: used, and read again behind the request. Past twice that, or never read: read
 * first. A failed read leaves the last good value in place, for a day; an isolate that never had one takes the
 * copy that another one left beside the store (last-good.ts), and refuses only without that as well. While the
 * store stays down it is tried behind requests, so that they do not each wait for its deadline.
 *
 * Two requests never wait for one read: workerd drops the I/O of a request whose client has gone, and with it
 * would go everyone else's answer. `#startedMs` only keeps refreshes from piling up.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { LastGood } from './last-good.ts';

export interface SnapshotOptions<Value> {
  clock: Clock;
  /** What is kept, as a phrase: `the pins`. */
  name: string;
  /** `fresh`: what is held has proved wrong, so a copy that may be as old is not good enough. */
  load: (fresh: boolean) => Promise<Value>;
  /** Whether `next` may replace what is held: an older epoch may not. */
  supersedes?: (next: Value, held: Value) => boolean;
  onFailure: (problem: unknown) => void;
  /** Keeps a copy beside the store: the name it is kept under, and how the value is written down. */
  copy?: Copy<Value>;
  /** How long what was read last is used; absent: for good, where what is old does no harm. */
  staleMsMax?: number;
}

export interface Copy<Value> {
  key: string;
  keeper: LastGood;
  encode: (value: Value) => unknown;
  decode: (kept: unknown) => Value | Promise<Value>;
}

export type Defer = (work: Promise<unknown>) => void;

const unawaited: Defer = () => undefined;

export class Snapshot<Value> {
  readonly #options: SnapshotOptions<Value>;
  #held: { value: Value; readMs: number } | null = null;
  #startedMs = Number.NEGATIVE_INFINITY;
  #failedMs = Number.NEGATIVE_INFINITY;
  #copiedMs = Number.NEGATIVE_INFINITY;
  #changes = 0;

  constructor(options: SnapshotOptions<Value>) {
    this.#options = options;
  }

  async get(defer: Defer): Promise<Value> {
    const refreshMs = limits.edge.snapshotRefreshMs;
    const nowMs = this.#options.clock.monotonicMs();
    const held = this.#usable();
    const ageMs = held ? nowMs - held.readMs : Number.POSITIVE_INFINITY;
    if (held && ageMs < refreshMs) return held.value;
    const isDown = nowMs - this.#failedMs < refreshMs;
    if (!held || (ageMs >= 2 * refreshMs && !isDown)) return this.#read(defer, false);
    if (nowMs - this.#startedMs >= limits.edge.directoryMsMax) defer(this.#read(defer, false));
    return held.value;
  }

  /** Reads now; the last good value where that fails. */
  reload(defer: Defer = unawaited): Promise<Value> {
    return this.#read(defer, true);
  }

  /** Takes what this isolate has been given, unless it holds something newer. */
  put(value: Value, defer: Defer): void {
    const { clock, supersedes } = this.#options;
    if (this.#held && supersedes && !supersedes(value, this.#held.value)) return;
    this.#changes++;
    this.#held = { value, readMs: clock.monotonicMs() };
    this.#keepCopy(value, defer);
  }

  /** Changes what is held at once, where this isolate itself made the change. */
  adjust(change: (held: Value) => void): void {
    this.#changes++;
    if (this.#held) change(this.#held.value);
  }

  async #read(defer: Defer, fresh: boolean): Promise<Value> {
    const { clock, load, name, onFailure, supersedes } = this.#options;
    this.#startedMs = clock.monotonicMs();
    const changes = this.#changes;
    try {
      const value = await withDeadline(
        clock,
        limits.edge.directoryMsMax,
        { code: 'store_unavailable', doing: `reading ${name}` },
        () => load(fresh),
      );
      // What was read before this isolate's own change may lack it; the next read has it.
      if (this.#held && this.#changes !== changes) return this.#held.value;
      const kept =
        this.#held && supersedes && !supersedes(value, this.#held.value) ? this.#held.value : value;
      this.#held = { value: kept, readMs: clock.monotonicMs() };
      this.#failedMs = Number.NEGATIVE_INFINITY;
      this.#keepCopy(kept, defer);
      return kept;
    } catch (problem) {
      this.#failedMs = clock.monotonicMs();
      onFailure(problem);
      const held = this.#usable() ?? (await this.#readCopy());
      if (held) return held.value;
      throw new CellbookError('store_unavailable', {
        doing: `reading ${name}`,
        problem: 'the edge cannot read them, and has no copy that is young enough',
        next: 'Try again in a few seconds.',
        retryAfterMs: limits.edge.unreachableRetryAfterMs,
        cause: problem,
      });
    }
  }

  #usable(): { value: Value; readMs: number } | null {
    const { clock, staleMsMax = Number.POSITIVE_INFINITY } = this.#options;
    return this.#held && clock.monotonicMs() - this.#held.readMs < staleMsMax ? this.#held : null;
  }

  #keepCopy(value: Value, defer: Defer): void {
    const { clock, copy } = this.#options;
    const nowMs = clock.monotonicMs();
    if (!copy || nowMs - this.#copiedMs < limits.edge.lastGoodEveryMs) return;
    this.#copiedMs = nowMs;
    defer(copy.keeper.write(copy.key, copy.encode(value), clock.nowMs()));
  }

  async #readCopy(): Promise<{ value: Value; readMs: number } | null> {
    const { clock, copy, onFailure } = this.#options;
    const kept = await copy?.keeper.read(copy.key);
    if (!copy || !kept) return null;
    try {
      const value = await copy.decode(kept.value);
      const ageMs = Math.max(0, clock.nowMs() - kept.readAtMs);
      // Another request may have read the store meanwhile.
      this.#held ??= { value, readMs: clock.monotonicMs() - ageMs };
      return this.#usable();
    } catch (problem) {
      onFailure(problem);
      return null;
    }
  }
}
