/** Removes asks that were taken in before any snapshot which is kept, and are older than the log. */
import { limits } from '@cellbook/shared/limits.ts';
import type { Database } from '../db/database.ts';

/** How many went; of more, the rest next time. */
export async function pruneAsks({ $client: sql }: Database, beforeMs: number): Promise<number> {
  const removed = await sql`
    delete from asks where position in (
      select position from asks
      where xid < (select (watermark ->> 'xid')::xid8 as taken from snapshots order by taken limit 1)
        and asked_at < to_timestamp(${beforeMs / 1_000}::float8)
      order by xid, position limit ${limits.jobs.pruneRowsMax})`;
  return removed.count;
}
