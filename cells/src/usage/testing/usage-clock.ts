/** The clock of a database's usage, in the hands of a test: it shows what it is set to, back as well as forward. */
import { sql } from 'drizzle-orm';
import type { Database } from '../../db/database.ts';

export interface UsageClock {
  set(nowMs: number): Promise<void>;
}

export async function holdUsageClock(database: Database, nowMs: number): Promise<UsageClock> {
  await database.execute(sql`create table test_clock (at timestamptz not null)`);
  await database.execute(sql`insert into test_clock values (${new Date(nowMs).toISOString()}::timestamptz)`);
  await database.execute(sql`
    create or replace function usage_now() returns timestamptz as 'select at from test_clock' language sql volatile`);
  return {
    async set(toMs) {
      await database.execute(sql`update test_clock set at = ${new Date(toMs).toISOString()}::timestamptz`);
    },
  };
}
