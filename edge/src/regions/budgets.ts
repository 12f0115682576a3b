/**
 * The cap of a month, of an organisation or of a user in it, is one sum over all regions: each may spend what it was granted of it, and asks for
 * more when that is used up. What is granted is never more than the cap, whatever regions are cut off from whom; what a
 * region has and does not need it gives back.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { type BudgetAsk, type BudgetTold, budgetToldSchema } from '@cellbook/shared/protocol/region-asks.ts';
import { createBatch } from '../directory/d1-batch.ts';

export interface Budgets {
  /** What the region may spend of it in all, from now on. */
  settle(region: string, ask: BudgetAsk): Promise<BudgetTold>;
}

/** Two months: what is still reserved of the last one may be asked for. */
const keptMs = 62 * 86_400_000;

export function createD1Budgets({ db, clock }: { db: D1Database; clock: Clock }): Budgets {
  const run = createBatch(db, clock);
  return {
    async settle(region, { orgId, userId, month, capMicros, wantMicros, usedMicros, givenBackOf }) {
      // The column had organisations alone at first.
      const holder = userId === undefined ? orgId : `${orgId}/${userId}`;
      const of = [holder, month, region] as const;
      const untilMs = clock.nowMs() + keptMs;
      const [, , found] = await run([
        db
          .prepare(
            'INSERT OR IGNORE INTO gpu_budgets (org_id, month, region, granted, revision, until) VALUES (?, ?, ?, 0, 0, ?)',
          )
          .bind(...of, untilMs),
        // What is used stays granted, though the cap was lowered since; of what the others have nothing. What is given
        // back only ever lowers, and only the grant that it was decided on: the region may have used what came after.
        db
          .prepare(
            `UPDATE gpu_budgets SET until = ?5, revision = revision + 1, granted = CASE
               WHEN ?8 IS NOT NULL THEN min(granted, max(?6, ?4))
               ELSE max(?6, min(max(?4, granted), ?7 - (
                 SELECT coalesce(sum(granted), 0) FROM gpu_budgets o
                 WHERE o.org_id = ?1 AND o.month = ?2 AND o.region <> ?3))) END
             WHERE org_id = ?1 AND month = ?2 AND region = ?3 AND (?8 IS NULL OR revision = ?8)`,
          )
          .bind(...of, wantMicros, untilMs, usedMicros, capMicros, givenBackOf ?? null),
        db
          .prepare(
            'SELECT granted AS grantedMicros, revision FROM gpu_budgets WHERE org_id = ? AND month = ? AND region = ?',
          )
          .bind(...of),
      ]);
      return budgetToldSchema.parse(found?.results[0]);
    },
  };
}
