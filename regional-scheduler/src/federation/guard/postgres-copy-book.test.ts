/** What a guardian keeps of another region's queue, on a real Postgres, by the messages as they may come. */
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { overTurn } from '../../core/federation/guardian.ts';
import { applicant, askerOf, noonMs, videoOf } from '../../testing/candidates.ts';
import { createSchedulerTestDatabase, type SchedulerTestDatabase } from '../../testing/test-database.ts';
import type { Claim, CopyBook, CopyOfJob } from './guard-store.ts';
import { createPostgresCopyBook } from './postgres-copy-book.ts';

vi.setConfig({ testTimeout: 60_000 });

const eu = 'eu' as RegionId;
const random = seededRandom(11);
let bed: SchedulerTestDatabase;
let book: CopyBook;

beforeAll(async () => {
  bed = await createSchedulerTestDatabase();
  book = createPostgresCopyBook(bed.database, silentLogger);
}, 120_000);
afterAll(() => bed?.drop(), 60_000);
beforeEach(() => bed.database.$client`truncate queue_copies, guarded_regions, submissions`);

function job(turn = 0): { jobId: JobId; told: CopyOfJob; whole: CopyOfJob } {
  const { spec, request } = applicant(askerOf(random), { job: videoOf(), random }).candidate;
  const told: CopyOfJob = { jobId: spec.jobId, turn, state: 'queued' };
  return { jobId: spec.jobId, told, whole: { ...told, content: { spec, request } } };
}

const copy = (epoch: number, ...jobs: CopyOfJob[]) => book.copy(eu, epoch, jobs, noonMs);
const release = (epoch: number, jobId: JobId, turn = 0) =>
  book.release(eu, epoch, [{ jobId, turn, isOver: turn === overTurn }], noonMs);

/** Takes all there is, and what is its own then. */
async function taken(of: number, takes: Claim['takes'] = 'queued'): Promise<JobId[]> {
  while ((await book.take(eu, { epoch: of, of, takes }, noonMs)) > 0);
  const rows = await bed.database.$client<{ jobId: JobId }[]>`
    select job_id as "jobId" from submissions`;
  const ids = rows.map(({ jobId }) => jobId).sort();
  // Who comes back hears of just these.
  expect((await book.taken(eu, of, '', 100)).sort()).toEqual(ids);
  return ids;
}

it('keeps the content that it has asked for, and takes the job up', async () => {
  const { jobId, told, whole } = job();
  expect(await copy(4, told)).toEqual([jobId]);
  expect(await copy(4, whole)).toEqual([]);
  expect(await copy(4, told)).toEqual([]);
  expect(await taken(4)).toEqual([jobId]);
});

it('asks for the content of what it knows by its release alone, and takes it up where what ran is taken', async () => {
  const { jobId, told, whole } = job();
  expect(await release(4, jobId)).toMatchObject({ released: [jobId] });
  expect(await copy(4, told)).toEqual([jobId]);
  expect(await copy(4, whole)).toEqual([]);
  expect(await taken(4, 'all')).toEqual([jobId]);
});

it('keeps what was let go as let go when its content comes later', async () => {
  const { jobId, whole } = job();
  await release(4, jobId, 1);
  expect(await copy(4, whole)).toEqual([]);
  expect(await taken(4)).toEqual([]);
});

it('keeps nothing of a job that is over, and does not ask for it', async () => {
  const { jobId, told, whole } = job();
  await copy(4, whole);
  await release(4, jobId, overTurn);
  expect(await copy(4, whole)).toEqual([]);
  expect(await copy(4, told)).toEqual([]);
  expect(await taken(4, 'all')).toEqual([]);
});

it('does not ask for the content of a job that it has from elsewhere', async () => {
  const { told, whole } = job();
  await copy(4, whole);
  await taken(4);
  await bed.database.$client`truncate queue_copies`;
  expect(await copy(7, told)).toEqual([]);
});

it('takes what it was told before a change of leader too, until it is told all anew', async () => {
  const [first, second, ran] = [job(), job(), job()];
  await copy(4, first.whole, second.whole, ran.whole);
  await release(4, ran.jobId);
  await copy(5, first.told);
  // What was let go before the change may have ended since: nobody told.
  expect(await taken(5, 'all')).toEqual([first.jobId, second.jobId].sort());
});

it('takes what it was told before where the new leader has not told anything', async () => {
  const { jobId, whole } = job();
  await copy(4, whole);
  expect(await taken(5)).toEqual([jobId]);
});

it('takes nothing of before once all is told anew', async () => {
  const [gone, there] = [job(), job()];
  await copy(4, gone.whole, there.whole);
  await copy(5, there.told);
  await book.complete(eu, 5);
  expect(await taken(5)).toEqual([there.jobId]);
});

it('takes nothing of before a time in which it did not guard', async () => {
  const [before, there] = [job(), job()];
  await copy(4, before.whole);
  await copy(6, there.whole);
  expect(await taken(6)).toEqual([there.jobId]);
});

it('takes nothing of before where it did not guard in between, and has not heard anything since', async () => {
  await copy(4, job().whole);
  expect(await taken(6)).toEqual([]);
});

it('lets nobody begin what it took of before, by whatever epoch it is asked', async () => {
  const { jobId, whole } = job();
  await copy(4, whole);
  await taken(5);
  expect([await release(4, jobId), await release(5, jobId), await release(6, jobId)]).toEqual(
    [4, 5, 6].map(() => ({ released: [], taken: [jobId] })),
  );
});

it('forgets what it was told before a change of leader only when all is told anew', async () => {
  const { jobId, told, whole } = job();
  await copy(4, whole);
  await copy(5, job().whole);
  const laterMs = noonMs + limits.federation.tombstonesMs + 1;
  await book.prune(laterMs);
  expect(await copy(5, told)).toEqual([]);
  await copy(6, job().whole);
  await book.complete(eu, 6);
  await book.prune(laterMs);
  expect(await copy(6, told)).toEqual([jobId]);
});

it('takes the others where one of them cannot be read', async () => {
  const [bad, good] = [job(), job()];
  await copy(4, bad.whole, good.whole);
  await bed.database.$client`
    update queue_copies set spec = '{"gpus": "many"}' where job_id = ${bad.jobId}`;
  expect(await taken(4)).toEqual([good.jobId]);
  expect(await book.doneEpoch(eu)).toBe(4);
});
