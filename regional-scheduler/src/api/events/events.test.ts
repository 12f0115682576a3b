import { limits } from '@cellbook/shared/limits.ts';
import { jobSchema } from '@cellbook/shared/protocol/job.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type JobsUnderTest, jobsUnderTest, patience, type Who } from '../../testing/jobs-under-test.ts';

let under: JobsUnderTest;
beforeAll(async () => {
  under = await jobsUnderTest();
  under.jobs.start();
});
afterAll(() => under?.close());

const made = async (who: Who) => {
  const task = { kind: 'video', prompt: 'a fox' };
  const job = jobSchema.parse(await (await under.submit(who, { task })).json());
  await under.takeIn(job.id);
  return job.id;
};

interface Told {
  id: string;
  what: string;
  phase: string;
}

/** Follows until `count` events have come, or all there are where it ends before. */
async function follow(
  who: Who,
  jobId: string,
  count: number,
  lastEventId?: string,
  opened = () => {},
): Promise<Told[]> {
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const stop = new AbortController();
  const answer = await under.fetch(who, `/v1/jobs/${jobId}/events`, { headers, signal: stop.signal });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  opened();
  const told: Told[] = [];
  let text = '';
  const decoder = new TextDecoder();
  for await (const bytes of answer.body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = readEvent(text.slice(0, end));
      text = text.slice(end + 2);
      if (event) told.push(event);
    }
    if (told.length >= count) break;
  }
  stop.abort();
  return told;
}

function readEvent(text: string): Told | null {
  const fields = new Map(text.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]));
  if (fields.get('event') !== 'job') return null;
  const { job, what } = JSON.parse(fields.get('data') ?? '');
  return { id: fields.get('id') ?? '', what, phase: jobSchema.parse(job).phase };
}

it('tells each event once, in order, as it happens, and goes on after the last one that was heard', async () => {
  const who = under.newWho();
  const jobId = await made(who);
  const first = await follow(who, jobId, 1);
  expect(first).toMatchObject([{ what: 'job_submitted', phase: 'queued' }]);
  const opened = Promise.withResolvers<void>();
  const following = follow(who, jobId, Number.POSITIVE_INFINITY, first[0]?.id, opened.resolve);
  await opened.promise;
  const attemptId = await under.run(jobId);
  await under.succeed(jobId, attemptId);
  const rest = await following;
  expect(rest.map(({ what, phase }) => [what, phase])).toEqual([
    ['job_placed', 'scheduled'],
    ['attempt_started', 'running'],
    ['attempt_ended', 'running'],
    ['job_ended', 'succeeded'],
  ]);
  const missed = await follow(who, jobId, Number.POSITIVE_INFINITY, rest[1]?.id);
  expect(missed).toEqual(rest.slice(2));
  const headers = { 'last-event-id': rest.at(-1)?.id ?? '' };
  expect((await under.fetch(who, `/v1/jobs/${jobId}/events`, { headers })).status).toBe(204);
});

it('of one that has ended tells the end, and to who has heard of it that there is no more', async () => {
  const who = under.newWho();
  const jobId = await made(who);
  await under.succeed(jobId, await under.run(jobId));
  const [end] = await follow(who, jobId, 1);
  expect(end).toMatchObject({ id: 'eu:end', phase: 'succeeded' });
  const headers = { 'last-event-id': 'eu:end' };
  expect((await under.fetch(who, `/v1/jobs/${jobId}/events`, { headers })).status).toBe(204);
});

it('begins anew for who comes with the id of another region, and sees what no hint has told of', async () => {
  const who = under.newWho();
  const jobId = await made(who);
  const told = await follow(who, jobId, 1, 'us:4711');
  expect(told).toHaveLength(1);
  const opened = Promise.withResolvers<void>();
  let isTold = false;
  const following = follow(who, jobId, 1, told[0]?.id, opened.resolve).finally(() => {
    isTold = true;
  });
  await opened.promise;
  await under.withoutHints(() => under.run(jobId));
  await expect
    .poll(async () => {
      await under.clock.advance(limits.jobs.eventLookMs);
      return isTold;
    }, patience)
    .toBe(true);
  expect((await following)[0]).toMatchObject({ what: 'job_placed' });
});

it('lets one user have so many streams and no more, and none of a job that is not his', async () => {
  const who = under.newWho();
  const jobId = await made(who);
  const stop = new AbortController();
  const path = `/v1/jobs/${jobId}/events`;
  for (let open = 0; open < limits.jobs.eventStreamsPerUserMax; open++)
    expect((await under.fetch(who, path, { signal: stop.signal })).status).toBe(200);
  expect((await under.fetch(who, path)).status).toBe(429);
  expect((await under.fetch(under.newWho(), path)).status).toBe(404);
  stop.abort();
  await expect
    .poll(async () => {
      const one = new AbortController();
      const { status } = await under.fetch(who, path, { signal: one.signal });
      one.abort();
      return status;
    }, patience)
    .toBe(200);
});
