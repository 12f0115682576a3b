/**
 * Records on their way to the log: written together every half second, tried again while Postgres is away. The
 * queue has an end, and while it is full nothing new is let out: what goes out is on record.
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { repeatEvery } from '../repeat.ts';
import type { EgressLog, EgressRecord } from './egress-log.ts';

export interface RecorderDeps {
  log: EgressLog;
  clock: Clock;
  logger: Logger;
}

const dayMs = 86_400_000;

export class EgressRecorder {
  readonly #deps: RecorderDeps;
  readonly #timers: Timer[];
  #queue: EgressRecord[] = [];
  /** Connections that will have a record of their own. */
  #promised = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(deps: RecorderDeps) {
    this.#deps = deps;
    const { recordsFlushMs, recordsPruneEveryMs } = limits.egress;
    const { clock, logger } = deps;
    this.#timers = [
      repeatEvery(clock, recordsFlushMs, () => this.flush(), logger),
      repeatEvery(clock, recordsPruneEveryMs, () => this.#prune(), logger),
    ];
  }

  /** Room for the record of a connection that begins; false: it must not. */
  promise(): boolean {
    if (this.#queue.length + this.#promised >= limits.egress.recordsMax) return false;
    this.#promised++;
    return true;
  }

  /** The record that was promised. */
  add(record: EgressRecord): void {
    this.#promised--;
    this.#queue.push(record);
  }

  /** One at a time; what failed stays, and is in the next. */
  flush(): Promise<void> {
    this.#writing = this.#writing
      .catch(() => {})
      .then(async () => {
        const batch = this.#queue.slice();
        if (batch.length === 0) return;
        await this.#deps.log.append(batch);
        this.#queue = this.#queue.slice(batch.length);
      });
    return this.#writing;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    await this.flush();
  }

  async #prune(): Promise<void> {
    const beforeMs = this.#deps.clock.nowMs() - limits.egress.recordsKeptDays * dayMs;
    await this.#deps.log.prune(beforeMs, limits.egress.recordsPruneMax);
  }
}
