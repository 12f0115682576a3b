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
  await sql`
    insert into submissions (job_id, org_id, user_id, tier, kind, spec, request, submitted_ms)
    select spec ->> 'jobId', spec ->> 'orgId', spec ->> 'userId', spec ->> 'tier', spec ->> 'kind', spec,
           json_build_object('prompt', 'prompt of ' || (spec ->> 'jobId'), 'parameters', json_build_object('steps', 4))::jsonb,
           (spec ->> 'submittedMs')::numeric::bigint
    from unnest(${jobs.map((job) => JSON.stringify(job))}::text[]) as given (text), lateral (select given.text::jsonb as spec) as parsed`;
}
