/**
 * What is asked of a cell's pool, and what will be: counts of each interval go to their table within a look of the
 * pool, and the forecast goes on from one interval to the next with what the last one came to.
 *
 *     asked ─▶ count of this interval ──settle──▶ table
 *                                        └─ an interval is over: observe it (and those before it that had none)
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { DemandStore } from './demand-store.ts';
import { expectation, type ForecastState, newForecast, observe } from './forecast.ts';

const { intervalMs, keepMs, probability } = limits.pool.forecast;

export class Demand {
  readonly #store: DemandStore;
  readonly #clock: Clock;
  /** Null until what was counted before has been read. */
  #forecast: ForecastState | null = null;
  /** The interval that is observed next. */
  #nextMs = 0;
  readonly #unwritten = new Map<number, number>();
  readonly #counted = new Map<number, number>();

  constructor(store: DemandStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** One more is wanted, whether there is one or not. */
  note(): void {
    const startMs = this.#startMs();
    for (const counts of [this.#unwritten, this.#counted])
      counts.set(startMs, (counts.get(startMs) ?? 0) + 1);
  }

  /** Writes what was counted, and takes in what is over. */
  async settle(): Promise<void> {
    this.#forecast ??= await this.#read();
    for (const [startMs, asked] of [...this.#unwritten]) {
      await this.#store.add({ startMs, asked });
      const left = (this.#unwritten.get(startMs) ?? 0) - asked;
      if (left > 0) this.#unwritten.set(startMs, left);
      else this.#unwritten.delete(startMs);
    }
    const nowMs = this.#startMs();
    if (this.#nextMs >= nowMs) return;
    for (; this.#nextMs < nowMs; this.#nextMs += intervalMs) {
      observe(this.#forecast, this.#nextMs, this.#counted.get(this.#nextMs) ?? 0);
      this.#counted.delete(this.#nextMs);
    }
    await this.#store.forget(nowMs - keepMs);
  }

  /** Members that are enough for this interval, as often as the limits say. Zero until anything is known. */
  wanted(): number {
    if (this.#forecast === null) return 0;
    return Math.ceil(expectation(this.#forecast, this.#startMs()).quantile(probability));
  }

  async #read(): Promise<ForecastState> {
    const forecast = newForecast();
    const nowMs = this.#startMs();
    const rows = await this.#store.since(nowMs - keepMs);
    this.#nextMs = rows[0]?.startMs ?? nowMs;
    const asked = new Map(rows.map((row) => [row.startMs, row.asked]));
    // Of this interval an earlier process may have counted a part.
    const before = asked.get(nowMs);
    if (before !== undefined) this.#counted.set(nowMs, (this.#counted.get(nowMs) ?? 0) + before);
    for (; this.#nextMs < nowMs; this.#nextMs += intervalMs) {
      const own = this.#counted.get(this.#nextMs) ?? 0;
      this.#counted.delete(this.#nextMs);
      observe(forecast, this.#nextMs, own + (asked.get(this.#nextMs) ?? 0));
    }
    return forecast;
  }

  #startMs(): number {
    return Math.floor(this.#clock.nowMs() / intervalMs) * intervalMs;
  }
}
