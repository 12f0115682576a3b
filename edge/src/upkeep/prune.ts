/**
 * What is over leaves the directory: rows whose end has passed, a bounded number at a time, so that no statement
 * holds the store for long and a flood is worked off in turns. Clocks of isolates differ: a row stays a while longer.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { createBatch } from '../directory/d1-batch.ts';

/** Each with the column that says when a row is over. */
const tables = {
  revocations: 'until',
  changes: 'until',
  ended_sessions: 'until',
  sessions: 'expires_at',
  api_keys: 'expires_at',
  invitations: 'expires_at',
  device_requests: 'expires_at',
  standing_log: 'until',
  gpu_budgets: 'until',
} as const;

export type Pruned = Partial<Record<keyof typeof tables, number>>;

/** How many rows went, of the tables that lost any. */
export async function prune({ db, clock }: { db: D1Database; clock: Clock }): Promise<Pruned> {
  const run = createBatch(db, clock);
  const { pruneRowsMax, pruneBatchesMax, changeSettlesMs } = limits.edge;
  const beforeMs = clock.nowMs() - changeSettlesMs;
  const pruned: Pruned = {};
  for (const table of Object.keys(tables) as (keyof typeof tables)[]) {
    const sql = `DELETE FROM ${table} WHERE rowid IN
      (SELECT rowid FROM ${table} WHERE ${tables[table]} <= ? ORDER BY ${tables[table]} LIMIT ?)`;
    for (let batch = 0; batch < pruneBatchesMax; batch++) {
      const [result] = await run([db.prepare(sql).bind(beforeMs, pruneRowsMax)]);
      const gone = result?.meta.changes ?? 0;
      if (gone > 0) pruned[table] = (pruned[table] ?? 0) + gone;
      if (gone < pruneRowsMax) break;
    }
  }
  return pruned;
}
