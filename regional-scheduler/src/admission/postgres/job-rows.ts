/** Jobs as Postgres holds them, read back. Their JSON was written by this program; only what reading needs is checked. */
import type { JobId, OrgId, UserId } from '@cellbook/shared/ids.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { JobSpec } from '../../core/model/job.ts';
import type { JobRequest } from '../../db/job-spec.ts';
import type { FoldedJob } from '../../records/fold-job.ts';
import type { BriefRequest, JobBrief, JobRecord, ListQuery } from '../../records/job-record.ts';
import type { Sql } from './read-known.ts';

interface Row<Request> {
  jobId: JobId;
  orgId: OrgId;
  userId: UserId;
  tier: Tier;
  kind: string;
  spec: JobSpec | null;
  request: Request;
  submittedMs: number;
  sameAs: JobId | null;
  cancelAsked: boolean;
  phase: FoldedJob['phase'] | null;
  view: FoldedJob | null;
  costMicros: number | null;
  endedMs: number | null;
  resultKey: string | null;
  resultUntilMs: number | null;
}

/** What content there is stays where it is. */
const brief = (sql: Sql) => sql`s.request - '{prompt,parameters}'::text[] as request,`;

const columns = (sql: Sql) => sql`
  s.job_id as "jobId", s.org_id as "orgId", s.user_id as "userId", s.tier, s.kind, s.spec,
  s.submitted_ms::float8 as "submittedMs", s.same_as as "sameAs",
  exists (select 1 from cancel_requests c where c.job_id = s.job_id) as "cancelAsked",
  e.phase, e.view, e.cost_micros::float8 as "costMicros", e.ended_ms::float8 as "endedMs",
  e.result_key as "resultKey", e.result_until_ms::float8 as "resultUntilMs"`;

export async function findJobs(sql: Sql, ids: readonly JobId[]): Promise<JobRecord[]> {
  if (ids.length === 0) return [];
  const rows = await sql<Row<JobRequest>[]>`
    select s.request, ${columns(sql)} from submissions s left join job_ends e using (job_id)
    where s.job_id = any(${[...ids]})`;
  return rows.map((row) => recordOf(row));
}

export async function findBriefs(
  sql: Sql,
  by: 'job_id' | 'same_as',
  ids: readonly JobId[],
): Promise<JobBrief[]> {
  if (ids.length === 0) return [];
  const rows = await sql<Row<BriefRequest>[]>`
    select ${brief(sql)} ${columns(sql)} from submissions s left join job_ends e using (job_id)
    where ${by === 'job_id' ? sql`s.job_id` : sql`s.same_as`} = any(${[...ids]})`;
  return rows.map((row) => recordOf(row));
}

export async function listJobs(sql: Sql, query: ListQuery): Promise<JobBrief[]> {
  const { orgId, userId, kind, label, sinceMs, after, countMax } = query;
  const rows = await sql<Row<BriefRequest>[]>`
    select ${brief(sql)} ${columns(sql)} from submissions s left join job_ends e using (job_id)
    where s.org_id = ${orgId}
      ${userId === null ? sql`` : sql`and s.user_id = ${userId}`}
      ${kind === null ? sql`` : sql`and s.kind = ${kind}`}
      ${label === null ? sql`` : sql`and s.request->'labels'->>${label.name} = ${label.value}`}
      ${sinceMs === null ? sql`` : sql`and s.submitted_ms >= ${sinceMs}`}
      ${after === null ? sql`` : sql`and (s.submitted_ms, s.job_id) < (${after.submittedMs}, ${after.jobId})`}
    order by s.submitted_ms desc, s.job_id desc limit ${countMax}`;
  return rows.map((row) => recordOf(row));
}

function recordOf<Request>(row: Row<Request>): Omit<JobBrief, 'request'> & { request: Request } {
  const { phase, view, costMicros, endedMs, resultKey, resultUntilMs, ...submitted } = row;
  if (phase === null || view === null || endedMs === null) return { ...submitted, end: null };
  const { jobId, orgId } = submitted;
  const cost = { costMicros: costMicros ?? 0, endedMs, resultKey, resultUntilMs };
  return { ...submitted, end: { jobId, orgId, phase, view, ...cost } };
}
