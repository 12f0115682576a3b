/** What became of jobs that have ended, all of it or nothing, with the cursor that says how far the log is settled. */
import type { JobId } from '@cellbook/shared/ids.ts';
import { storableJson, storableText } from '@cellbook/shared/storable.ts';
import type { JobBrief, JobEnd } from '../../records/job-record.ts';
import { decideAdmission } from '../decide-admission.ts';
import { refusedEnd } from '../refused-end.ts';
import { cursorName, type Delivery, type Settlement, type TellJoined } from '../submission-store.ts';
import { findBriefs } from './job-rows.ts';
import { lockOrganisations, readKnown, type Sql } from './read-known.ts';
import { changeAccounts, insertSubmissions } from './write-submissions.ts';

export async function writeSettlement(sql: Sql, settlement: Settlement, tell: TellJoined): Promise<boolean> {
  const { fromSeq, toSeq, ends, deliveries, next, nowMs } = settlement;
  const moved = await sql`
    insert into log_cursors as c (name, seq) select ${cursorName}, ${toSeq} where ${fromSeq} = 0
      or exists (select 1 from log_cursors where name = ${cursorName})
    on conflict (name) do update set seq = excluded.seq where c.seq = ${fromSeq} returning name`;
  if (moved.length === 0) return false;
  await lockOrganisations(
    sql,
    [...ends, ...next.map(({ candidate }) => candidate.spec)].map(({ orgId }) => orgId),
  );
  await writeEnds(sql, ends, tell, nowMs);
  await insertDeliveries(sql, deliveries, nowMs);
  await storeNext(sql, next, nowMs);
  return true;
}

/** Under the organisations' locks: with them end the jobs that have their results. */
export async function writeEnds(
  sql: Sql,
  ends: readonly JobEnd[],
  tell: TellJoined,
  nowMs: number,
): Promise<void> {
  const isNew = await insertEnds(sql, ends);
  const fresh = ends.filter(({ jobId }) => isNew.has(jobId));
  const joined = await joinedOf(
    sql,
    fresh.map(({ jobId }) => jobId),
  );
  const costs = new Map(fresh.map(({ jobId, costMicros }) => [jobId, costMicros]));
  for (const { jobId } of joined) costs.set(jobId, 0);
  await release(sql, costs);
  const views = new Map(fresh.map(({ jobId, view }) => [jobId, view]));
  const told = joined.flatMap((record) => {
    const view = record.sameAs === null ? undefined : views.get(record.sameAs);
    return view ? tell(record, view, nowMs) : [];
  });
  await insertDeliveries(sql, told, nowMs);
}

/** But for those that have left them. */
const joinedOf = async (sql: Sql, jobIds: readonly JobId[]): Promise<JobBrief[]> =>
  (await findBriefs(sql, 'same_as', jobIds)).filter(({ end, cancelAsked }) => end === null && !cancelAsked);

async function storeNext(sql: Sql, next: Settlement['next'], nowMs: number): Promise<void> {
  if (next.length === 0) return;
  const verdicts = decideAdmission(next, await readKnown(sql, next, nowMs), nowMs);
  await insertSubmissions(
    sql,
    verdicts.flatMap((verdict) =>
      verdict.kind === 'stored' ? [{ ...verdict, sameAs: null, isOver: false }] : [],
    ),
  );
  const refused = next.flatMap(({ candidate }, index) => {
    const verdict = verdicts[index];
    return verdict?.kind === 'refused'
      ? [{ candidate, end: refusedEnd(candidate, verdict.error, nowMs) }]
      : [];
  });
  await insertSubmissions(
    sql,
    refused.map(({ candidate }) => ({ candidate, sameAs: null, isRefused: true })),
  );
  await insertEnds(
    sql,
    refused.map(({ end }) => end),
  );
}

async function insertEnds(sql: Sql, ends: readonly JobEnd[]): Promise<Set<string>> {
  if (ends.length === 0) return new Set();
  const rows = await sql<{ jobId: string }[]>`
    insert into job_ends (job_id, org_id, phase, view, cost_micros, ended_ms, result_key, result_until_ms)
    select * from unnest(${ends.map(({ jobId }) => jobId)}::text[], ${ends.map(({ orgId }) => orgId)}::text[],
      ${ends.map(({ phase }) => phase)}::text[], ${ends.map(({ view }) => storableJson(view))}::text[]::jsonb[],
      ${ends.map(({ costMicros }) => costMicros)}::bigint[], ${ends.map(({ endedMs }) => endedMs)}::bigint[],
      ${ends.map(({ resultKey }) => resultKey && storableText(resultKey))}::text[], ${ends.map(({ resultUntilMs }) => resultUntilMs)}::bigint[])
    on conflict (job_id) do nothing returning job_id as "jobId"`;
  return new Set(rows.map(({ jobId }) => jobId));
}

/** The reservation goes, what it has really cost comes, in the month that it was reserved in. */
async function release(sql: Sql, costs: ReadonlyMap<string, number>): Promise<void> {
  if (costs.size === 0) return;
  const holds = await sql<{ jobId: string; orgId: string; userId: string; month: string; micros: number }[]>`
    delete from job_holds where job_id = any(${[...costs.keys()]})
    returning job_id as "jobId", org_id as "orgId", user_id as "userId", month, micros::float8 as micros`;
  await changeAccounts(
    sql,
    holds.flatMap(({ jobId, orgId, userId, month, micros }) =>
      [orgId, `${orgId}/${userId}`].map((holder) => ({
        ...{ holder, month, unfinished: -1, reservedMicros: -micros, spentMicros: costs.get(jobId) ?? 0 },
      })),
    ),
  );
}

export async function insertDeliveries(
  sql: Sql,
  deliveries: readonly Delivery[],
  nowMs: number,
): Promise<void> {
  if (deliveries.length === 0) return;
  const column = (name: 'id' | 'jobId' | 'orgId' | 'url' | 'body') => deliveries.map((one) => one[name]);
  await sql`
    insert into webhook_outbox (id, job_id, org_id, url, body, state, due_ms, made_ms)
    select id, job_id, org_id, url, body, 'waiting', due_ms, ${nowMs}
    from unnest(${column('id')}::text[], ${column('jobId')}::text[], ${column('orgId')}::text[],
      ${column('url')}::text[], ${column('body')}::text[], ${deliveries.map(({ dueMs }) => dueMs)}::bigint[])
      as d(id, job_id, org_id, url, body, due_ms)
    on conflict (id) do nothing`;
}
