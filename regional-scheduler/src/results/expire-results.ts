/** Removes results whose time is over: the bytes first, then what says that they are there. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Database } from '../db/database.ts';
import type { ObjectStore } from '../objects/object-store.ts';

/** How many went. */
export async function expireResults(deps: {
  database: Database;
  objects: Pick<ObjectStore, 'remove'>;
  clock: Clock;
}): Promise<number> {
  const sql = deps.database.$client;
  const due = await sql<{ jobId: string; key: string }[]>`
    select job_id as "jobId", result_key as key from job_ends
    where result_until_ms <= ${deps.clock.nowMs()} order by result_until_ms limit ${limits.jobs.expireRowsMax}`;
  for (const { jobId, key } of due) {
    if (key !== null) await deps.objects.remove(key);
    await sql`update job_ends set result_key = null, result_until_ms = null where job_id = ${jobId}`;
  }
  return due.length;
}
