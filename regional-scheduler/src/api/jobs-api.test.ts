import { newJobId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { type Job, jobDetailsSchema, jobSchema } from '@cellbook/shared/protocol/job.ts';
import { batchAnswerSchema, jobListSchema, queueAnswerSchema } from '@cellbook/shared/protocol/jobs-api.ts';
import { idempotencyKeyHeader } from '@cellbook/shared/protocol/workspace-api.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policySchema } from '../core/model/policy-schema.ts';
import { hostId, type JobsUnderTest, jobsUnderTest, patience, type Who } from '../testing/jobs-under-test.ts';

let under: JobsUnderTest;
beforeAll(async () => {
  under = await jobsUnderTest();
  under.jobs.start();
  await under.commit({
    ...({ type: 'host_changed', atMs: under.clock.nowMs(), phase: 'up', because: 'it came' } as const),
    host: { hostId, sku: 'H100', rack: 'r1', gpus: 8, gpuMemoryMib: 80_000, generation: 1, unhealthy: [] },
  });
});
afterAll(() => under?.close());

const video = (rest: object = {}) => ({
  task: { kind: 'video', prompt: 'a fox', parameters: { steps: 20 } },
  ...rest,
});
const made = async (who: Who, body: unknown = video(), world = under): Promise<Job> => {
  const answer = await world.submit(who, body);
  expect(answer.status, await answer.clone().text()).toBe(202);
  return jobSchema.parse(await answer.json());
};
const refused = async (answer: Response) => ({ status: answer.status, ...((await answer.json()) as object) });

describe('submitting', () => {
  it('acknowledges with the job, and the same key again with the same job', async () => {
    const who = under.newWho();
    const first = await under.submit(who, video(), 'k');
    expect(first.status).toBe(202);
    const job = jobSchema.parse(await first.json());
    expect(first.headers.get('location')).toBe(`/v1/jobs/${job.id}`);
    expect(job).toMatchObject({ phase: 'submitted', region: 'eu', tier: 'paid', binary: 'video-renderer' });
    expect(await (await under.submit(who, video(), 'k')).json()).toMatchObject({ id: job.id });
    expect(await refused(await under.submit(who, video({ name: 'x' }), 'k'))).toMatchObject({
      ...{ status: 409, code: 'idempotency_key_reused' },
    });
  });

  it('is acknowledged as the operator has set it for the tier’s queue, unless it says so itself', async () => {
    const who = under.newWho({ tier: 'free' });
    const howOf = async (body: unknown, key: string) => {
      const { id } = jobSchema.parse(await (await under.submit(who, body, key)).json());
      const answer = await under.fetch(who, `/v1/jobs/${id}`);
      return { id, durability: jobDetailsSchema.parse(await answer.json()).durability };
    };
    const before = await howOf(video(), 'd1');
    const policy = policySchema.parse({ tiers: { free: { durability: 'batched' } } });
    await under.commit({ type: 'policy_set', atMs: under.clock.nowMs(), policy });
    expect(before.durability).toBe('durable');
    expect(await howOf(video(), 'd1')).toEqual(before);
    expect((await howOf(video(), 'd2')).durability).toBe('batched');
    expect((await howOf(video({ durability: 'durable' }), 'd3')).durability).toBe('durable');
  });

  it.each([
    ['without a key', video(), '', 'bad_request', 400],
    ['nine GPUs', video({ resources: { gpus: 9 } }), 'k1', 'bad_request', 400],
    ['an unknown field', video({ prio: 1 }), 'k2', 'bad_request', 400],
    [
      'an odd width',
      { task: { kind: 'video', prompt: 'a', parameters: { width: 641 } } },
      'k3',
      'bad_request',
      400,
    ],
    ['no prompt', { task: { kind: 'video', prompt: '' } }, 'k4', 'bad_request', 400],
    ['a deadline that is over', video({ deadline: '2020-01-01T00:00:00Z' }), 'k5', 'bad_request', 400],
    ['a paid job that may not be stopped', video({ preemptible: false }), 'k6', 'bad_request', 400],
    ['too long a run', video({ wallSeconds: 86_400 }), 'k7', 'bad_request', 400],
    ['a webhook to a file', video({ webhook: { url: 'file:///etc/passwd' } }), 'k8', 'bad_request', 400],
    [
      'a prompt that is too long',
      video({ task: { kind: 'video', prompt: 'x'.repeat(600_000) } }),
      'k9',
      'too_large',
      413,
    ],
  ])('refuses %s, and says what to do', async (_what, body, key, code, status) => {
    const answer = await under.submit(under.newWho(), body, key);
    expect(await refused(answer)).toMatchObject({ status, code, next: expect.any(String) });
  });

  it.each([
    ['that must not run here', {}, { regions: ['us'] }],
    ['of an organisation that is kept to another region', { regions: ['us'] }, {}],
    ['that might go where its organisation is not', { regions: ['eu'] }, { regions: ['eu', 'us'] }],
  ])('takes in none %s', async (_what, who, body) => {
    const answer = await under.submit(under.newWho(who), video(body));
    expect(await refused(answer)).toMatchObject({ status: 403, code: 'region_refused' });
  });

  it('keeps a job where its organisation is, and a repeated one here, where its next runs are', async () => {
    const pinned = await made(under.newWho({ regions: ['eu'] }));
    const repeated = await made(under.newWho(), video({ repeat: { everySeconds: 60, times: 2 } }));
    const free = await made(under.newWho());
    const found = await under.jobs.store.find([pinned.id, repeated.id, free.id]);
    const kept = new Map(found.map(({ jobId, spec }) => [jobId, spec?.regions]));
    expect([pinned, repeated, free].map(({ id }) => kept.get(id))).toEqual([['eu'], ['eu'], null]);
  });

  it('judges each job of a batch by itself', async () => {
    const who = under.newWho({ quota: { jobs: { user: { unfinished: 2 } } } });
    const jobs = [video(), { task: { kind: 'video', prompt: '' } }, video(), video()].map((job) => ({ job }));
    const send = async () => {
      const init = {
        method: 'POST',
        body: JSON.stringify({ jobs }),
        headers: { [idempotencyKeyHeader]: 'b' },
      };
      const answer = await under.fetch(who, '/v1/jobs/batch', init);
      return batchAnswerSchema.parse(await answer.json());
    };
    const first = await send();
    expect(first).toMatchObject({ accepted: 2, refused: 2 });
    const outcomes = first.results.map((one) => ('job' in one ? 'job' : one.error.code));
    expect(outcomes).toEqual(['job', 'bad_request', 'job', 'quota_exceeded']);
    const again = await send();
    expect(again.results[2]).toEqual(first.results[2]);
  });

  it('takes thousands at once, up to the rate; the rest is told when to come again', async () => {
    const who = under.newWho();
    const count = limits.jobs.rate.paid.user.burst + 10;
    const jobs = Array.from({ length: count }, (_, index) => ({ job: video({ name: `number ${index}` }) }));
    const init = {
      method: 'POST',
      body: JSON.stringify({ jobs }),
      headers: { [idempotencyKeyHeader]: 'many' },
    };
    const answer = batchAnswerSchema.parse(await (await under.fetch(who, '/v1/jobs/batch', init)).json());
    expect(answer).toMatchObject({ accepted: count - 10, refused: 10 });
    expect(answer.results.at(-1)).toMatchObject({ error: { code: 'rate_limited' }, retryAfterSeconds: 1 });
    const other = under.newWho();
    expect((await under.submit(other, video())).status).toBe(202);
    const queue = queueAnswerSchema.parse(await (await under.fetch(who, '/v1/jobs/queue')).json());
    expect(queue.user).toEqual({ unfinished: count - 10, limit: limits.jobs.unfinished.paid.user });
  });

  it('counts what does not fit of a batch by the rate as well', async () => {
    const who = under.newWho();
    const count = limits.jobs.rate.paid.user.burst;
    const init = {
      method: 'POST',
      body: JSON.stringify({ jobs: Array.from({ length: count }, () => ({ job: {} })) }),
      headers: { [idempotencyKeyHeader]: 'misfits' },
    };
    const answer = batchAnswerSchema.parse(await (await under.fetch(who, '/v1/jobs/batch', init)).json());
    expect(answer).toMatchObject({ accepted: 0, refused: count });
    expect(await refused(await under.submit(who, video()))).toMatchObject({ code: 'rate_limited' });
  });

  it('turns free jobs away before anything is stored when too much waits, and enterprise ones not', async () => {
    const crowded = await jobsUnderTest();
    try {
      const hours = 3 * limits.jobs.shed.free.waitMs;
      const first = await made(crowded.newWho({ tier: 'free' }), video(), crowded);
      await crowded.takeIn(first.id);
      await crowded.commit(
        {
          ...({ type: 'host_changed', atMs: 1, phase: 'up', because: '' } as const),
          host: {
            hostId,
            sku: 'H100',
            rack: 'r',
            gpus: 1,
            gpuMemoryMib: 80_000,
            generation: 1,
            unhealthy: [],
          },
        },
        {
          ...{ type: 'job_repredicted', atMs: 1, jobId: first.id },
          predicted: { p50Ms: hours, p95Ms: hours, seen: 9, model: 'test' },
        },
      );
      await crowded.clock.advance(limits.jobs.pressureEveryMs);
      const free = crowded.newWho({ tier: 'free' });
      const answer = await crowded.submit(free, video());
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(4);
      expect(await refused(answer)).toMatchObject({ status: 503, code: 'capacity_exhausted' });
      expect((await crowded.jobs.store.holdingOf(free.org, '2026-11')).unfinished).toBe(0);
      expect((await crowded.submit(crowded.newWho({ tier: 'enterprise' }), video())).status).toBe(202);
    } finally {
      await crowded.close();
    }
  });
});

describe('reading', () => {
  const details = async (who: Who, id: string) =>
    jobDetailsSchema.parse(await (await under.fetch(who, `/v1/jobs/${id}`)).json());

  it('tells the whole story of a job: waiting and why, each attempt, what it cost, its result', async () => {
    const who = under.newWho();
    const [first, job] = [await made(who), await made(who, video({ name: 'mine' }))];
    expect((await details(who, job.id)).pending).toEqual([{ code: 'not_taken_up', leaderless: false }]);
    await under.takeIn(first.id);
    await under.takeIn(job.id);
    const waiting = await details(who, job.id);
    expect(waiting).toMatchObject({
      phase: 'queued',
      pending: [{ code: 'turn' }],
      prompt: 'a fox',
      name: 'mine',
    });
    expect(waiting.queue).toMatchObject({ positionInOrganisation: 2, ofOrganisation: 2, tier: 'paid' });
    expect(waiting.predictedStart).not.toBeNull();
    const lost = await under.run(job.id);
    await under.commit({
      ...({ type: 'attempt_ended', atMs: under.clock.nowMs(), jobId: job.id, attemptId: lost } as const),
      outcome: { kind: 'failed', class: 'host_fault', detail: 'the host went away' },
      ...{ ranMs: 9_000, savedMs: 0, retryAtMs: under.clock.nowMs() + 5_000 },
    });
    expect(await details(who, job.id)).toMatchObject({
      ...{ phase: 'held', pending: [{ code: 'retry', failed: 'host_fault' }] },
    });
    await under.commit({ type: 'job_released', atMs: under.clock.nowMs(), jobId: job.id });
    await under.succeed(job.id, await under.run(job.id));
    await expect.poll(async () => (await details(who, job.id)).costMicros, patience).not.toBeNull();
    const ended = await details(who, job.id);
    expect(ended).toMatchObject({
      ...{ phase: 'succeeded', attempts: 2, progress: 1, pending: [], queue: null, reservedMicros: 0 },
      costMicros: 50 * limits.jobs.microsPerGpuSecond,
      result: { bytes: 7, name: 'video.mp4', contentType: 'video/mp4' },
    });
    expect(ended.tries.map(({ outcome }) => outcome)).toEqual(['failed', 'succeeded']);
    const queue = queueAnswerSchema.parse(await (await under.fetch(who, '/v1/jobs/queue')).json());
    expect(queue.spend).toMatchObject({ spentMicros: ended.costMicros });
  });

  it('says of one whose class is limited what the class is, also while none of it runs', async () => {
    const who = under.newWho();
    const job = await made(who, video());
    await under.takeIn(job.id);
    const atMs = under.clock.nowMs();
    const limited = {
      type: 'class_limited',
      atMs,
      feature: 'word:fox',
      because: '6 of 6 with it hung',
    } as const;
    await under.commit(
      { ...limited, limit: 'throttled' },
      { type: 'job_held', atMs, jobId: job.id, because: 'class', untilMs: atMs + 15_000 },
    );
    expect((await details(who, job.id)).pending).toMatchObject([
      { code: 'class_limited', problem: 'its class is throttled: 6 of 6 with it hung' },
    ]);
    await under.commit({ ...limited, limit: 'free' });
  });

  it('shows one that has waited for longer than events are kept as the scheduler’s state has it', async () => {
    const who = under.newWho();
    const job = await made(
      who,
      video({ notBefore: new Date(under.clock.nowMs() + 86_400_000).toISOString() }),
    );
    await under.onlyInState(job.id);
    const shown = await details(who, job.id);
    expect(shown).toMatchObject({ phase: 'held', pending: [{ code: 'not_before', until: shown.notBefore }] });
  });

  it('lists one’s own, by page and by state', async () => {
    const who = under.newWho();
    const ids = [];
    for (let index = 0; index < 3; index++) {
      await under.clock.advance(1);
      ids.unshift((await made(who)).id);
    }
    const list = async (query: string) =>
      jobListSchema.parse(await (await under.fetch(who, `/v1/jobs?${query}`)).json());
    const first = await list('limit=2');
    expect(first.jobs.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const second = await list(`limit=2&cursor=${first.nextCursor}`);
    expect(second).toMatchObject({ jobs: [{ id: ids[2] }], nextCursor: null });
    expect((await list('state=ended')).jobs).toEqual([]);
    for (const wrong of ['cursor=zzz', 'label=a%00=b', 'kind=%00'])
      expect((await under.fetch(who, `/v1/jobs?${wrong}`)).status, wrong).toBe(400);
  });

  it('cancels once, and says that it was asked', async () => {
    const who = under.newWho();
    const job = await made(who);
    for (const _ of [1, 2]) {
      const answer = await under.fetch(who, `/v1/jobs/${job.id}/cancel`, { method: 'POST' });
      expect(answer.status).toBe(202);
      expect(await answer.json()).toMatchObject({ cancelAsked: true });
    }
    const [row] = await under.database
      .$client`select count(*)::int as asked from cancel_requests where job_id = ${job.id}`;
    expect(row).toEqual({ asked: 1 });
  });

  it('shows the progress and the last lines of an attempt, also of one that ended', async () => {
    const who = under.newWho();
    const job = await made(who);
    await under.takeIn(job.id);
    const attemptId = await under.run(job.id);
    const told = {
      ...{ attemptId, jobId: job.id, epoch: 1, ranMs: 1, savedMs: 0, checkpointKey: null, progress: null },
      ...{ memoryMibMax: 0 },
    };
    const report = {
      ...{ hostId, rack: 'r1', generation: 1, sequence: 1, epoch: 1, devices: [], draining: false },
      ...{ binaries: [], waitMs: 0 },
    };
    const running = { phase: 'running' } as const;
    under.jobs.heard({
      ...report,
      attempts: [{ ...told, progress: 0.3, state: running, logTail: 'step 3' }],
    });
    expect(await details(who, job.id)).toMatchObject({ progress: 0.3 });
    const logs = async () => (await under.fetch(who, `/v1/jobs/${job.id}/logs`)).json();
    expect(await logs()).toMatchObject({ attempts: [{ id: attemptId, number: 1, tail: 'step 3' }] });
    const elsewhere = { ...report, hostId: `${hostId}-other` as typeof hostId };
    under.jobs.heard({ ...elsewhere, attempts: [{ ...told, state: running, logTail: 'a lie' }] });
    const outcome = { kind: 'cancelled' } as const;
    under.jobs.heard({
      ...report,
      attempts: [{ ...told, state: { phase: 'ended', outcome }, logTail: 'done' }],
    });
    await expect.poll(async () => JSON.stringify(await logs()), patience).toContain('done');
  });

  it('keeps what was heard last of an attempt whose host tells no more', async () => {
    const job = await made(under.newWho());
    await under.takeIn(job.id);
    const attemptId = await under.run(job.id);
    const told = { attemptId, jobId: job.id, epoch: 1, ranMs: 1, savedMs: 0, checkpointKey: null };
    under.jobs.heard({
      ...{ hostId, rack: 'r1', generation: 1, sequence: 1, epoch: 1, devices: [], draining: false },
      ...{ binaries: [], waitMs: 0 },
      attempts: [
        { ...told, progress: 0.3, memoryMibMax: 0, state: { phase: 'running' }, logTail: 'CUDA error' },
      ],
    });
    const atMs = under.clock.nowMs();
    const lost = { kind: 'failed', class: 'lost', detail: 'its host is silent' } as const;
    await under.commit(
      {
        ...({ type: 'attempt_ended', atMs, jobId: job.id, attemptId, outcome: lost } as const),
        ...{ ranMs: 1, savedMs: 0, retryAtMs: null },
      },
      { type: 'job_ended', atMs, jobId: job.id, phase: 'dead_lettered', because: 'it failed' },
    );
    const kept = async () =>
      under.database.$client`select tail from attempt_logs where attempt_id = ${attemptId}`;
    await expect.poll(kept, patience).toEqual([{ tail: 'CUDA error' }]);
  });

  it('answers for a job that another region has by naming that region', async () => {
    const who = under.newWho();
    const job = await made(who);
    await under.takeIn(job.id);
    const atMs = under.clock.nowMs();
    await under.commit(
      { type: 'spill_offered', atMs, jobId: job.id, to: 'us' as never, handoff: 1 },
      { type: 'spill_settled', atMs, jobId: job.id, handoff: 1, taken: true },
    );
    const answer = await under.fetch(who, `/v1/jobs/${job.id}`);
    expect([answer.status, answer.headers.get('cellbook-job-region')]).toEqual([421, 'us']);
    const list = jobListSchema.parse(await (await under.fetch(who, '/v1/jobs')).json());
    expect(list.jobs[0]).toMatchObject({ phase: 'spilled', region: 'us' });
  });

  it('knows of no job that is not there, in the same words as of one of another organisation', async () => {
    const job = await made(under.newWho());
    const unknown = newJobId(systemRandom);
    for (const path of ['', '/logs', '/events', '/result'])
      for (const id of [job.id, unknown]) {
        const answer = await under.fetch(under.newWho({ role: 'admin' }), `/v1/jobs/${id}${path}`);
        const body = JSON.stringify(await answer.json())
          .replaceAll(id, 'job-')
          .replace(/req-\w+/, '');
        expect(answer.status).toBe(404);
        expect(body).toContain('there is no such job among yours');
      }
  });
});
