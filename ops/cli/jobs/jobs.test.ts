import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@cellbook/shared/clock.ts';
import type { Job } from '@cellbook/shared/protocol/job.ts';
import { submitJobSchema } from '@cellbook/shared/protocol/job-request.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeJob } from './describe-job.ts';
import { describeQueue } from './describe-queue.ts';
import { fetchResult } from './fetch-result.ts';
import { followJob } from './follow-job.ts';
import { requestOf } from './request-of.ts';
import { textOfLog } from './text-of-log.ts';

test('a prompt with its options becomes a request that the platform takes', () => {
  const request = requestOf('a fox', {
    ...{
      seed: '7',
      duration: '1.5',
      size: '640x360',
      gpus: '2',
      sku: ['H100'],
      param: ['style=oil', 'fps=12'],
    },
    ...{ label: ['film=one'], every: '60', times: '3', webhook: 'https://example.org/hook' },
  });
  expect(submitJobSchema.parse(request)).toMatchObject({
    task: {
      ...{ kind: 'video', prompt: 'a fox', binary: 'video-renderer' },
      parameters: { seed: 7, durationSeconds: 1.5, width: 640, height: 360, style: 'oil', fps: 12 },
    },
    resources: { gpus: 2, skus: ['H100'] },
    labels: { film: 'one' },
    repeat: { everySeconds: 60, times: 3, overlap: 'skip' },
  });
});

test('a notebook is sent whole, another program by its name', () => {
  const notebook = JSON.stringify({ cells: [], nbformat: 4, metadata: {} });
  expect(requestOf(undefined, { notebook, param: ['alpha=0.5'] }).task).toMatchObject({
    ...{ kind: 'notebook', notebook: { nbformat: 4 }, parameters: { alpha: 0.5 } },
  });
  expect(requestOf('x', { task: 'train' }).task).toMatchObject({
    kind: 'task',
    binary: 'train',
    prompt: 'x',
  });
});

test.each([
  [undefined, {}],
  ['a', { gpus: 'many' }],
  ['a', { gpus: '9' }],
  ['a', { param: ['seed'] }],
  [undefined, { notebook: '{' }],
])('what cannot be meant is refused before it is sent: %s %o', (prompt, options) => {
  expect(() => requestOf(prompt, options)).toThrow(expect.objectContaining({ code: 'bad_request' }));
});

describe('a person', () => {
  const attempt = (number: number, host: string) => ({
    ...{ id: `att-${number}`, number, host, gpus: 1, version: '1', placedAt: '', startedAt: '', endedAt: '' },
    ...{ outcome: 'failed' as const, failed: { class: 'crashed' as const, detail: 'it ended with code 1' } },
    ...{ ranMs: 2_400, savedMs: 0 },
  });

  test('is told all that a dead letter is judged by', () => {
    const told = describeJob({
      ...{ id: 'job-1', phase: 'dead_lettered', because: 'it failed 2 times', kind: 'video' },
      ...{ binary: 'video-renderer', resources: { gpus: 1 }, region: 'eu', tier: 'paid', pending: [] },
      ...{ queue: null, predictedStart: null, result: null, prompt: 'a fox\nin the snow' },
      ...{ parameters: { seed: 7 }, tries: [attempt(1, 'gpu-eu-a'), attempt(2, 'gpu-eu-b')] },
    }).join('\n');
    for (const part of ['dead_lettered: it failed 2 times', 'prompt: a fox in the snow', '{"seed":7}'])
      expect(told).toContain(part);
    expect(told).toContain(
      'attempt 2 on gpu-eu-b with video-renderer@1: crashed after 2 s (it ended with code 1)',
    );
    expect(told).toContain('cellbook jobs logs job-1');
  });

  test('reads a log as a terminal would have left it', () => {
    const tail = 'starting\r\n10 %\r50 %\rdone\r\n';
    expect(
      textOfLog({
        attempts: [
          { number: 1, tail },
          { number: 2, tail: '' },
        ],
      }),
    ).toBe('attempt 1\nstarting\ndone\n\nattempt 2\n(it wrote nothing)');
    expect(textOfLog({ attempts: [] })).toBe('nothing of it has run yet');
  });

  test.each([
    [
      { waiting: 3, expectedWaitMs: 90_400, isShedding: true, at: '' },
      '3 jobs of the tier wait, about 90 s; new',
    ],
    [null, 'nobody decides at present'],
  ])('is told where the organisation stands, with a queue of %o', (tierQueue, expected) => {
    const told = describeQueue({
      ...{ region: 'eu', organisationId: 'org-1', tier: 'paid', tierQueue },
      ...{ organisation: { unfinished: 4, limit: 100 }, user: { unfinished: 1, limit: 50 } },
      spend: { month: '2026-11', reservedMicros: 500_000, spentMicros: 1_250_000, capMicros: 9_000_000 },
    }).join('\n');
    expect(told).toContain('4 of 100 unfinished jobs');
    expect(told).toContain('1.25, held for what is unfinished: 0.50, cap: 9.00');
    expect(told).toContain(expected);
  });
});

async function serve(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

test('follows through the end of a stream, with the last id that it heard', async () => {
  const job = (phase: string, endedAt: string | null): Partial<Job> => ({
    ...({ id: `job-${'0'.repeat(20)}`, name: null, labels: {}, kind: 'video', binary: 'v' } as object),
    ...({ ownerId: `user-${'0'.repeat(20)}`, tier: 'paid', region: 'eu', phase, endedAt } as object),
    resources: { gpus: 1, skus: null, gpuMemoryMib: 1, checkpoints: true },
    ...{ submittedAt: '2026-01-01T00:00:00Z', startedAt: null, because: null, progress: null, attempts: 0 },
    ...{
      preemptions: 0,
      cancelAsked: false,
      reservedMicros: 0,
      costMicros: null,
      sameAs: null,
      repeats: null,
    },
  });
  const heard: unknown[] = [];
  using server = await serve((request, response) => {
    heard.push(request.headers['last-event-id']);
    const isFirst = heard.length === 1;
    const told = isFirst ? job('running', null) : job('succeeded', '2026-01-01T00:01:00Z');
    const data = JSON.stringify({ job: told, what: 'x', at: '2026-01-01T00:00:00Z' });
    const progress = JSON.stringify({ jobId: told.id, progress: 0.5, at: '2026-01-01T00:00:00Z' });
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(
      `id: eu:${heard.length}\nevent: job\ndata: ${data}\n\nevent: progress\ndata: ${progress}\n\n`,
    );
  });
  const clock = new ManualClock();
  const seen: unknown[] = [];
  const following = followJob({
    ...{ url: server.url, token: 't', jobId: 'job-1', clock },
    onJob: ({ phase }) => seen.push(phase),
    onProgress: (progress) => seen.push(progress),
  });
  let isDone = false;
  void following.finally(() => {
    isDone = true;
  });
  await expect
    .poll(
      async () => {
        await clock.advance(1_000);
        return isDone;
      },
      { timeout: 20_000 },
    )
    .toBe(true);
  expect(await following).toMatchObject({ phase: 'succeeded' });
  expect([heard, seen]).toEqual([
    [undefined, 'eu:1'],
    ['running', 0.5, 'succeeded'],
  ]);
});

describe('a result', () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'cellbook-result-'));
    path = join(directory, 'output.mp4');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** `video` as one's own, `"1"` its ETag; the first answer ends behind two bytes. */
  const brokenOff = async (asked: unknown[], whole = 'a video', etag = '"1"') =>
    serve((request, response) => {
      const { range, 'if-range': ifRange } = request.headers;
      asked.push([range, ifRange]);
      const from = ifRange === etag ? Number(/\d+/.exec(range ?? '')?.[0]) : 0;
      response.writeHead(from > 0 ? 206 : 200, { etag });
      response.end(asked.length > 1 ? whole.slice(from) : whole.slice(0, 2));
    });

  test('that broke off is gone on with where its bytes are still the same', async () => {
    const asked: unknown[] = [];
    using server = await brokenOff(asked);
    await fetchResult({ url: server.url, jobId: 'job-1', bytes: 7 }, path);
    expect([readFileSync(path, 'utf8'), asked]).toEqual([
      'a video',
      [
        [undefined, undefined],
        ['bytes=2-', '"1"'],
      ],
    ]);
    expect(readdirSync(directory)).toEqual(['output.mp4']);
  });

  test.each([
    ['another job', 'job-2', '"1"', undefined],
    ['bytes that are others now', 'job-1', '"2"', 'bytes=2-'],
    ['nobody knows what', 'job-1', '', undefined],
  ])('is never joined to a part of %s', async (_what, jobId, etag, range) => {
    const part = join(directory, `output.mp4.${jobId}.part`);
    writeFileSync(part, 'b ');
    writeFileSync(`${part}.etag`, etag);
    const asked: unknown[] = ['another has been asked'];
    using server = await brokenOff(asked);
    await fetchResult({ url: server.url, jobId: 'job-1', bytes: 7 }, path);
    expect(readFileSync(path, 'utf8')).toBe('a video');
    expect(asked.slice(1)).toEqual([[range, range && etag]]);
  });

  test('that never is as long as was said is given up, and not fetched for ever', async () => {
    const asked: unknown[] = ['another has been asked'];
    using server = await brokenOff(asked, 'short');
    const fetching = fetchResult({ url: server.url, jobId: 'job-1', bytes: 1_000 }, path);
    await expect(fetching).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(asked.length).toBe(6);
  });
});
