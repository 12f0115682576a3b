/** What is forgotten, on a real Postgres. */
import type { JobId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newJob } from '../records/fold-job.ts';
import { attemptNumber } from '../testing/events.ts';
import { submitJobs } from '../testing/submit-rows.ts';
import { createSchedulerTestDatabase, type SchedulerTestDatabase } from '../testing/test-database.ts';
import { pruneAsks } from './prune-asks.ts';
import { pruneJobs } from './prune-jobs.ts';

let bed: SchedulerTestDatabase;
beforeAll(async () => {
  bed = await createSchedulerTestDatabase();
});
afterAll(() => bed.drop());

const dayMs = 86_400_000;

test('jobs whose time is over are forgotten with all that tells of them, and others stay', async () => {
  const sql = bed.database.$client;
  const random = seededRandom(4);
  const nowMs = Date.now() + limits.jobs.jobDaysByTier.free * dayMs + 3_600_000;
  const free = await submitJobs(bed.database, random, 7, { tier: 'free', checkpoints: true });
  const [paid] = (await submitJobs(bed.database, random, 1, { tier: 'paid' })) as [JobId];
  const [gone, ranOn, hasResult, endedLate, joined, joiner, away] = free as [JobId, ...JobId[]];
  await sql`update submissions set spec = null, same_as = ${joined ?? ''} where job_id = ${joiner ?? ''}`;
  async function end(jobId: JobId | undefined, endedMs: number, resultKey: string | null = null) {
    const view = JSON.stringify({
      ...newJob(null),
      phase: 'failed',
      attempts: [{ attemptId: attemptNumber(1) }],
    });
    await sql`insert into job_ends (job_id, org_id, phase, view, cost_micros, ended_ms, result_key)
      values (${jobId ?? ''}, 'org', 'failed', ${view}::text::jsonb, 0, ${endedMs}, ${resultKey})`;
  }
  const longAgoMs = nowMs - limits.jobs.jobDaysByTier.free * dayMs - 1;
  for (const jobId of [gone, joined, away, paid]) await end(jobId, longAgoMs);
  await end(hasResult, longAgoMs, 'results/x');
  await end(endedLate, longAgoMs + 2);
  await sql`insert into attempt_logs values (${gone}, ${attemptNumber(1)}, 'its last lines', 1)`;
  await sql`insert into cancel_requests (job_id, asked_by, asked_ms) values (${gone}, 'user', 1)`;
  const removed: string[] = [];
  const objects = {
    async list(prefix: string) {
      if (prefix.includes(away ?? '')) throw new Error('the store is away');
      return [`${prefix}left`];
    },
    async remove(key: string) {
      removed.push(key);
    },
  };
  const prune = () => pruneJobs({ database: bed.database, objects, logger: silentLogger, nowMs });
  const left = async () => {
    const rows = await sql<{ jobId: JobId }[]>`select job_id as "jobId" from submissions`;
    return rows.map(({ jobId }) => jobId).sort();
  };
  expect(await prune()).toBe(2);
  expect(await left()).toEqual([ranOn, hasResult, endedLate, joined, away, paid].sort());
  expect(removed.filter((key) => key.includes(gone)).sort()).toEqual([
    `checkpoints/${gone}/left`,
    `results/${gone}/left`,
  ]);
  const rows = await sql`select job_id from job_ends where job_id = ${gone} union all
    select job_id from attempt_logs union all select job_id from cancel_requests`;
  expect(rows).toHaveLength(0);
  // Nobody has its result any more.
  expect(await prune()).toBe(1);
  expect(await left()).not.toContain(joined);
});

test('an ask is removed when every kept snapshot has it and it is older than the log', async () => {
  const sql = bed.database.$client;
  for (const by of ['one', 'two']) await sql`insert into asks (event, asked_by) values ('{}', ${by})`;
  const later = Date.now() + dayMs;
  expect(await pruneAsks(bed.database, later)).toBe(0);
  const [second] = await sql<{ xid: string }[]>`select xid::text from asks where asked_by = 'two'`;
  const watermark = { xid: Number(second?.xid), stream: 'asks', position: 2 };
  await sql`insert into snapshots (seq, watermark, parts) values (1, ${JSON.stringify(watermark)}::text::json, 0)`;
  expect(await pruneAsks(bed.database, Date.now() - dayMs)).toBe(0);
  expect(await pruneAsks(bed.database, later)).toBe(1);
  const asks = await sql`select asked_by from asks`;
  expect(asks).toEqual([{ asked_by: 'two' }]);
});
