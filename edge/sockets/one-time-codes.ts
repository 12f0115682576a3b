/**
 * One-time codes: the console leaves what a code stands for, the workspace's origin takes it, once. A Durable
 * Object because "once" needs one place that decides; a bounded number of them (`limits.edge.oneTimeCodeShards`), never one per code.
 * What is taken, and what nobody took in time, is gone.
 */
import { DurableObject } from 'cloudflare:workers';
import { systemClock } from '@cellbook/shared/clock.ts';

export class OneTimeCodes extends DurableObject<unknown> {
  readonly #clock = systemClock;

  constructor(state: DurableObjectState, env: unknown) {
    super(state, env);
    this.ctx.storage.sql.exec(
      'CREATE TABLE IF NOT EXISTS codes (code TEXT PRIMARY KEY, payload TEXT NOT NULL, until INTEGER NOT NULL)',
    );
  }

  async put(code: string, payload: string, untilMs: number): Promise<void> {
    this.ctx.storage.sql.exec(
      'INSERT INTO codes VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
      code,
      payload,
      untilMs,
    );
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(untilMs + 1_000);
  }

  /** The payload, the first time and in time; null ever after. */
  async take(code: string): Promise<string | null> {
    const [row] = this.ctx.storage.sql
      .exec<{ payload: string; until: number }>(
        'DELETE FROM codes WHERE code = ? RETURNING payload, until',
        code,
      )
      .toArray();
    return row && row.until > this.#clock.nowMs() ? row.payload : null;
  }

  override async alarm(): Promise<void> {
    this.ctx.storage.sql.exec('DELETE FROM codes WHERE until <= ?', this.#clock.nowMs());
    const [next] = this.ctx.storage.sql
      .exec<{ until: number | null }>('SELECT min(until) AS until FROM codes')
      .toArray();
    if (next?.until != null) await this.ctx.storage.setAlarm(next.until + 1_000);
  }
}
