/** How many members were asked for in each interval: one small row each, so that a forecast survives restarts. */
import { limits } from '@cellbook/shared/limits.ts';
import { asc, gte, lt, sql } from 'drizzle-orm';
import type { Database } from '../../db/database.ts';
import { poolDemand as table } from '../../db/pool.ts';

export interface Asked {
  /** When the interval begins. */
  startMs: number;
  asked: number;
}

export interface DemandStore {
  /** Adds to what the interval has already. */
  add(more: Asked): Promise<void>;
  /** Those that begin then or later, oldest first. Intervals in which nothing was asked for are left out. */
  since(startMs: number): Promise<Asked[]>;
  forget(beforeMs: number): Promise<void>;
}

export class MemoryDemandStore implements DemandStore {
  readonly #asked = new Map<number, number>();

  async add({ startMs, asked }: Asked): Promise<void> {
    this.#asked.set(startMs, (this.#asked.get(startMs) ?? 0) + asked);
  }

  async since(fromMs: number): Promise<Asked[]> {
    const all = [...this.#asked].map(([startMs, asked]) => ({ startMs, asked }));
    return all.filter(({ startMs }) => startMs >= fromMs).sort((a, b) => a.startMs - b.startMs);
  }

  async forget(beforeMs: number): Promise<void> {
    for (const startMs of this.#asked.keys()) if (startMs < beforeMs) this.#asked.delete(startMs);
  }
}

export function createPostgresDemandStore(database: Database): DemandStore {
  return {
    async add({ startMs, asked }) {
      await database
        .insert(table)
        .values({ startAt: new Date(startMs), asked })
        .onConflictDoUpdate({
          target: table.startAt,
          set: { asked: sql`${table.asked} + excluded.asked` },
        });
    },
    async since(startMs) {
      const { keepMs, intervalMs } = limits.pool.forecast;
      const rows = await database
        .select()
        .from(table)
        .where(gte(table.startAt, new Date(startMs)))
        .orderBy(asc(table.startAt))
        .limit(keepMs / intervalMs + 1);
      return rows.map(({ startAt, asked }) => ({ startMs: startAt.getTime(), asked }));
    },
    async forget(beforeMs) {
      await database.delete(table).where(lt(table.startAt, new Date(beforeMs)));
    },
  };
}
