/** That a job is to be cancelled. One that waits for another's result has ended with it; the leader ends the others. */
import type { JobId, UserId } from '@cellbook/shared/ids.ts';
import { leftEnd } from '../left-end.ts';
import type { TellJoined } from '../submission-store.ts';
import { findBriefs } from './job-rows.ts';
import { lockOrganisations, type Sql } from './read-known.ts';
import { insertDeliveries, writeEnds } from './write-settlement.ts';

export async function writeCancel(
  sql: Sql,
  { jobId, askedBy, nowMs }: { jobId: JobId; askedBy: UserId; nowMs: number },
  tell: TellJoined,
): Promise<void> {
  const [asked] = await findBriefs(sql, 'job_id', [jobId]);
  if (asked?.sameAs) await lockOrganisations(sql, [asked.orgId]);
  const inserted = await sql`
    insert into cancel_requests (job_id, asked_by, asked_ms) select ${jobId}, ${askedBy}, ${nowMs}
    where not exists (select 1 from cancel_requests where job_id = ${jobId})`;
  if (!asked?.sameAs || inserted.count === 0) return;
  const [target] = await findBriefs(sql, 'job_id', [asked.sameAs]);
  // Then it has ended as that one has.
  if (target?.end) return;
  const end = leftEnd(asked, nowMs);
  await writeEnds(sql, [end], tell, nowMs);
  await insertDeliveries(sql, tell(asked, end.view, nowMs), nowMs);
}
