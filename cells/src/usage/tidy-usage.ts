/** What nobody reads any more goes, meters of what is not held are closed, and those of another team handed over. */
import { limits } from '@cellbook/shared/limits.ts';
import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Database } from '../db/database.ts';

const countSchema = z.tuple([z.object({ count: z.int() })]);

/** How many rows went; the rest goes the next time. */
export async function tidyUsage(database: Database): Promise<number> {
  const { keptDays, removeRowsMax, settleAfterMs, settleRowsMax } = limits.usage;
  const settle = sql`
    select usage_settle(${settleAfterMs}::int * interval '1 millisecond', ${settleRowsMax}::int) as count`;
  const handOver = sql`select usage_hand_over(${settleRowsMax}::int) as count`;
  const remove = sql`
    with gone as (
      delete from usage_ledger where id in (
        select id from usage_ledger where to_at < usage_now() - ${keptDays}::int * interval '1 day'
        order by to_at limit ${removeRowsMax})
      returning 1)
    select count(*)::int as count from gone`;
  await repeated(database, handOver, settleRowsMax);
  return (
    (await repeated(database, settle, settleRowsMax)) + (await repeated(database, remove, removeRowsMax))
  );
}

/** Until there is no more, or it is enough for once. */
async function repeated(database: Database, statement: SQL, most: number): Promise<number> {
  let all = 0;
  for (let turn = 0; turn < limits.usage.tidyStatementsMax; turn++) {
    const [{ count }] = countSchema.parse(await database.execute(statement));
    all += count;
    if (count < most) break;
  }
  return all;
}

/** What a sandbox that starts from now on holds. */
export async function declareSandboxBytes(database: Database, bytes: number): Promise<void> {
  await database.execute(sql`update usage_state set sandbox_bytes = ${bytes}`);
}
