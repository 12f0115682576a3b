/** Submissions as the jobs API writes them, for tests of what takes them in. */
import type { JobId } from '@cellbook/shared/ids.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type postgres from 'postgres';
import type { JobSpec } from '../core/model/job.ts';
import { jobOf } from '../core/testing/region.ts';
import type { Database } from '../db/database.ts';

export async function submitJobs(
  { $client: sql }: Database,
  random: Random,
  count: number,
  words: Partial<JobSpec> = {},
): Promise<JobId[]> {
  const jobs = Array.from({ length: count }, (_, index) =>
    jobOf(random, Date.now() + index, index % 7, 60_000, words),
  );
  await insertSpecs(sql, jobs);
  return jobs.map(({ jobId }) => jobId);
}

export async function insertSpecs(sql: postgres.ISql, jobs: readonly JobSpec[]): Promise<void> {
  const of = (column: (job: JobSpec) => string) => jobs.map(column);
  const lines = (column: (job: JobSpec) => string) => jobs.map(column).join('\n');
  const requestOf = ({ jobId }: JobSpec) => ({ prompt: `prompt of ${jobId}`, parameters: { steps: 4 } });
  await sql`
    insert into submissions (job_id, org_id, user_id, tier, kind, spec, request, submitted_ms)
    select job_id, org_id, user_id, tier, kind, spec::jsonb, request::jsonb, submitted_ms
    from unnest(${of(({ jobId }) => jobId)}::text[], ${of(({ orgId }) => orgId)}::text[],
      ${of(({ userId }) => userId)}::text[], ${of(({ tier }) => tier)}::text[], ${of(({ kind }) => kind)}::text[],
      string_to_array(${lines((job) => JSON.stringify(job))}, E'\\n'),
      string_to_array(${lines((job) => JSON.stringify(requestOf(job)))}, E'\\n'),
      ${jobs.map(({ submittedMs }) => Math.floor(submittedMs))}::bigint[])
      as given (job_id, org_id, user_id, tier, kind, spec, request, submitted_ms)`;
}
