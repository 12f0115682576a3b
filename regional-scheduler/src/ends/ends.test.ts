import { regionIdSchema } from '@cellbook/shared/ids.ts';
import { type Job, jobDetailsSchema, jobSchema } from '@cellbook/shared/protocol/job.ts';
import { jobListSchema } from '@cellbook/shared/protocol/jobs-api.ts';
import { jobQuotasOf } from '@cellbook/shared/protocol/quota.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, it, test } from 'vitest';
import { newJob } from '../records/fold-job.ts';
import type { JobRecord } from '../records/job-record.ts';
import { askerOf, candidate, noonMs, videoOf } from '../testing/candidates.ts';
import { type JobsUnderTest, jobsUnderTest, patience, type Who } from '../testing/jobs-under-test.ts';
import { nextRun } from './next-run.ts';

const hourMs = 3_600_000;

function recordOf(repeat: { everySeconds: number; times: number; overlap: 'wait' | 'skip' }): JobRecord {
  const { spec, request } = candidate(askerOf(systemRandom), { job: videoOf('a fox', { repeat }) });
  const { jobId, orgId, userId, tier, kind, submittedMs } = spec;
  const ids = { jobId, orgId, userId, tier, kind, submittedMs };
  return { ...ids, spec, request, sameAs: null, cancelAsked: false, end: null };
}

test.each([
  ['on time', 'skip', hourMs / 2, hourMs],
  ['late, leaving out what has passed', 'skip', 2.5 * hourMs, 3 * hourMs],
  ['late, making up for it', 'wait', 2.5 * hourMs, hourMs],
] as const)('the next run is due %s', (_what, overlap, afterMs, dueMs) => {
  const record = recordOf({ everySeconds: 3_600, times: 3, overlap });
  const at = { jobId: record.jobId, nowMs: noonMs + afterMs };
  const next = nextRun(record, { ...newJob(null), phase: 'failed' }, at)?.candidate;
  expect(next?.request.repeats).toMatchObject({ run: 2, dueMs: noonMs + dueMs, first: record.jobId });
  expect(next?.spec.notBeforeMs).toBe(dueMs > afterMs ? noonMs + dueMs : null);
});

test('there is none after the last, after one that was cancelled, or in a region that the job has left', () => {
  const record = recordOf({ everySeconds: 3_600, times: 2, overlap: 'skip' });
  const at = { jobId: record.jobId, nowMs: noonMs };
  for (const phase of ['cancelled', 'spilled'] as const)
    expect(nextRun(record, { ...newJob(null), phase }, at)).toBeNull();
  const { repeats } = record.request;
  const last = { ...record, request: { ...record.request, repeats: repeats && { ...repeats, run: 2 } } };
  expect(nextRun(last, { ...newJob(null), phase: 'succeeded' }, at)).toBeNull();
  expect(jobQuotasOf('paid', undefined)).toEqual(repeats?.quotas);
});

let under: JobsUnderTest;
beforeAll(async () => {
  under = await jobsUnderTest();
  under.jobs.start();
});
afterAll(() => under?.close());

const made = async (who: Who, rest: object): Promise<Job> => {
  const answer = await under.submit(who, { task: { kind: 'video', prompt: 'a fox' }, ...rest });
  return jobSchema.parse(await answer.json());
};
const jobsOf = async (who: Who) =>
  jobListSchema.parse(await (await under.fetch(who, '/v1/jobs')).json()).jobs;

it('a repeated task has its next run stored with the end of the one before, as a job of its own', async () => {
  const who = under.newWho();
  const first = await made(who, { repeat: { everySeconds: 3_600, times: 2 } });
  await under.takeIn(first.id);
  await under.succeed(first.id, await under.run(first.id));
  await expect.poll(async () => (await jobsOf(who)).length, patience).toBe(2);
  const next = (await jobsOf(who)).find(({ id }) => id !== first.id);
  expect(next).toMatchObject({ phase: 'submitted', repeats: { first: first.id, run: 2 } });
  if (!next) return;
  await under.takeIn(next.id);
  const held = jobDetailsSchema.parse(await (await under.fetch(who, `/v1/jobs/${next.id}`)).json());
  const until = new Date(Date.parse(first.submittedAt) + hourMs).toISOString();
  expect(held).toMatchObject({ phase: 'held', pending: [{ code: 'not_before', until }] });
  await under.commit({ type: 'job_released', atMs: under.clock.nowMs(), jobId: next.id });
  await under.succeed(next.id, await under.run(next.id));
  await expect.poll(async () => (await jobsOf(who))[0]?.costMicros, patience).not.toBeNull();
  expect(await jobsOf(who)).toHaveLength(2);
});

it('a job that has gone to another region holds and costs nothing here any more', async () => {
  const who = under.newWho();
  const job = await made(who, {});
  await under.takeIn(job.id);
  const atMs = under.clock.nowMs();
  const to = regionIdSchema.parse('us');
  await under.commit(
    { type: 'spill_offered', atMs, jobId: job.id, to, handoff: 1 },
    { type: 'spill_settled', atMs, jobId: job.id, handoff: 1, taken: true },
  );
  const holding = () => under.jobs.store.holdingOf(who.org, '2026-11');
  await expect.poll(async () => (await holding()).unfinished, patience).toBe(0);
  expect(await holding()).toEqual({ unfinished: 0, reservedMicros: 0, spentMicros: 0 });
});

it('of a preempted attempt is charged what its checkpoint saved, of one lost with its host nothing', async () => {
  const who = under.newWho();
  const job = await made(who, {});
  await under.takeIn(job.id);
  const ended = async (outcome: object, ranMs: number, savedMs: number) => {
    const attemptId = await under.run(job.id);
    const atMs = under.clock.nowMs();
    const event = { type: 'attempt_ended', atMs, jobId: job.id, attemptId, outcome, ranMs, savedMs };
    // What it brings comes to nothing, though it was brought whole.
    under.objects.set(`results/${job.id}/${attemptId}/video.mp4`, Buffer.from('a video'));
    await under.commit({ ...event, retryAtMs: atMs } as never);
  };
  await ended({ kind: 'preempted' }, 30_000, 20_000);
  await ended({ kind: 'failed', class: 'lost', detail: '' }, 10_000, 20_000);
  const last = await under.run(job.id);
  await under.succeed(job.id, last);
  await expect.poll(async () => (await jobsOf(who))[0]?.costMicros, patience).toBe(70 * 600);
  const kept = () => [...under.objects.keys()].filter((key) => key.includes(job.id));
  await expect.poll(kept, patience).toEqual([`results/${job.id}/${last}/video.mp4`]);
});

it('puts aside the end of a job that cannot be stored, and settles the others of the same page', async () => {
  const [odd, usual] = [under.newWho(), under.newWho()];
  const jobs = [await made(odd, {}), await made(usual, {}), await made(usual, {})] as const;
  await under.withoutHints(async () => {
    for (const { id } of jobs) await under.takeIn(id);
    const end = { type: 'job_ended', phase: 'failed', because: 'its host said so' } as const;
    await under.commit({ ...end, atMs: 1e300, jobId: jobs[0].id });
    await under.commit({ ...end, atMs: under.clock.nowMs(), jobId: jobs[1].id });
  });
  await under.succeed(jobs[2].id, await under.run(jobs[2].id));
  const unfinished = async ({ org }: Who) => (await under.jobs.store.holdingOf(org, '2026-11')).unfinished;
  await expect.poll(async () => (await unfinished(usual)) + (await unfinished(odd)), patience).toBe(0);
  const [aside] = await jobsOf(odd);
  expect(aside).toMatchObject({ phase: 'failed', because: expect.stringContaining('cannot be kept') });
  expect((await jobsOf(usual)).map(({ phase }) => phase).toSorted()).toEqual(['failed', 'succeeded']);
});

it('a joined job that its owner has cancelled stays so when the other succeeds, and is told as asked', async () => {
  const who = under.newWho();
  const task = { kind: 'video', prompt: 'a shared fox', parameters: { seed: 5 } };
  const first = await made(who, { task });
  const joined = await made(who, { task, reuse: 'join' });
  expect(joined.sameAs).toBe(first.id);
  await under.fetch(who, `/v1/jobs/${joined.id}/cancel`, { method: 'POST' });
  const shown = async () =>
    jobDetailsSchema.parse(await (await under.fetch(who, `/v1/jobs/${joined.id}`)).json());
  const cancelled = await shown();
  expect(cancelled).toMatchObject({ phase: 'cancelled', prompt: 'a shared fox', costMicros: 0 });
  await under.takeIn(first.id);
  await under.succeed(first.id, await under.run(first.id));
  await expect
    .poll(async () => (await under.jobs.store.find([first.id]))[0]?.end?.phase, patience)
    .toBe('succeeded');
  expect(await shown()).toEqual(cancelled);
});
