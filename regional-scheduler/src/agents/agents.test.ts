/** What agents may ask of an instance, and what they are told where nobody leads. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { agentKeyOf } from '@cellbook/shared/gpu/agent-key.ts';
import { hostIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import {
  agentObjectPath,
  checkpointKeyOf,
  resultKeyOf,
} from '@cellbook/shared/protocol/agent-objects-api.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { host, Region } from '../core/testing/region.ts';
import { createMemoryLeaderStore } from '../leader/memory-leader-store.ts';
import { openObjects } from '../objects/open-objects.ts';
import { createServer } from '../serve/server.ts';
import { attemptNumber } from '../testing/events.ts';
import { registerObjects } from './object-routes.ts';
import { registerReport } from './report-route.ts';

const directory = mkdtempSync(join(tmpdir(), 'cellbook-agents-'));
const regionSecret = 'a secret of the region';
const clock = new ManualClock();
const leaders = createMemoryLeaderStore(clock);
const region = new Region();
const app = createServer({ random: seededRandom(1), log: silentLogger, metrics: createMetrics() });
const [mine, other] = ['host-a', 'host-b'].map((name) => hostIdSchema.parse(name)) as [never, never];
let leads = true;
let current = leaders.current;
/** What is written waits for it. */
let disk: Promise<unknown> = Promise.resolve();
let running: { jobId: never; attemptId: never };

beforeAll(async () => {
  region.hosts(host(mine));
  region.submit();
  region.decide();
  running = region.running()[0] as never;
  const objects = openObjects(`file:${directory}`, directory);
  await registerObjects(app, {
    ...{ regionSecret, state: () => region.state, leads: () => leads },
    objects: {
      ...objects,
      async write(...piece) {
        await disk;
        return objects.write(...piece);
      },
    },
  });
  registerReport(app, {
    ...{ regionSecret, leaders: { current: () => current() }, agentLeaseMs: 60_000, heard() {}, clock },
    url: () => 'http://here',
    inbox: () => null,
  });
});
afterAll(async () => {
  await app.close();
  rmSync(directory, { recursive: true, force: true });
});

const headersOf = (hostId: never) => ({
  'cellbook-agent-host': hostId,
  'cellbook-agent-key': agentKeyOf(regionSecret, hostId),
});

const ask = (
  method: 'GET' | 'HEAD' | 'PUT',
  key: string,
  more: { hostId?: never; query?: string; body?: string } = {},
) =>
  app.inject({
    ...{ method, url: `${agentObjectPath(key)}${more.query ?? ''}` },
    headers: { ...headersOf(more.hostId ?? mine), 'content-type': 'application/octet-stream' },
    ...(more.body === undefined ? {} : { payload: more.body }),
  });

const reportOf = () => ({
  ...{ hostId: mine, rack: 'r', generation: 1, sequence: 1, epoch: 0, devices: [], draining: false },
  ...{ binaries: [], attempts: [], waitMs: 0 },
});

test('an attempt’s result comes in pieces, and is whole when its digest says so', async () => {
  const key = resultKeyOf(running.jobId, running.attemptId, 'out.mp4');
  const digest = createHash('sha256').update('whole').digest('hex');
  const asked = [
    await ask('HEAD', key),
    await ask('PUT', key, { query: '?offset=0', body: 'who' }),
    await ask('PUT', key, { query: '?offset=0', body: 'who' }),
    await ask('PUT', key, { query: `?offset=3&complete=${'0'.repeat(64)}`, body: 'le' }),
    await ask('PUT', key, { query: `?offset=0&complete=${digest}`, body: 'whole' }),
    await ask('HEAD', key),
  ];
  const told = asked.map(({ statusCode, headers }) => [
    statusCode,
    headers['cellbook-upload-offset'],
    headers['cellbook-upload-complete'],
  ]);
  expect(told).toEqual([
    [200, '0', 'false'],
    [204, '3', 'false'],
    [409, '3', 'false'],
    [400, '0', 'false'],
    [201, '5', 'true'],
    [200, '5', 'true'],
  ]);
});

test('a checkpoint can be fetched by who runs its job, and by nobody else', async () => {
  const key = checkpointKeyOf(running.jobId, running.attemptId, 1);
  const digest = createHash('sha256').update('state').digest('hex');
  expect((await ask('GET', key)).statusCode).toBe(404);
  await ask('PUT', key, { query: `?offset=0&complete=${digest}`, body: 'state' });
  const found = await ask('GET', key);
  expect([found.statusCode, found.body]).toEqual([200, 'state']);
  expect((await ask('GET', key, { hostId: other })).statusCode).toBe(403);
  expect((await ask('GET', resultKeyOf(running.jobId, running.attemptId, 'out.mp4'))).statusCode).toBe(403);
});

test('nobody writes what is not of an attempt of his own that has not ended', async () => {
  const own = resultKeyOf(running.jobId, running.attemptId, 'other.mp4');
  const ended = resultKeyOf(running.jobId, attemptNumber(7), 'out.mp4');
  const put = { query: '?offset=0', body: 'x' };
  const codes = [
    (await ask('PUT', own, { ...put, hostId: other })).statusCode,
    (await ask('PUT', ended, put)).statusCode,
    (await ask('PUT', 'results/../../secret', put)).statusCode,
    (await app.inject({ method: 'PUT', url: `${agentObjectPath(own)}?offset=0` })).statusCode,
    (
      await app.inject({
        ...{ method: 'HEAD', url: agentObjectPath(own) },
        headers: { ...headersOf(other), 'cellbook-agent-host': mine },
      })
    ).statusCode,
  ];
  expect(codes).toEqual([403, 403, 404, 401, 401]);
});

test('an instance that does not lead refuses nobody for good: what it does not know of yet may have happened', async () => {
  leads = false;
  const key = checkpointKeyOf(running.jobId, attemptNumber(8), 1);
  const asked = [
    await ask('GET', key, { hostId: other }),
    await ask('HEAD', key),
    await ask('PUT', key, { query: '?offset=0', body: 'x' }),
    await ask('GET', checkpointKeyOf(running.jobId, running.attemptId, 1)),
  ];
  leads = true;
  expect(asked.map(({ statusCode }) => statusCode)).toEqual([503, 503, 503, 200]);
  expect(asked[0]?.headers['retry-after']).toBe('1');
});

test('where nobody leads an agent is told so; a leader elsewhere is where it is sent; between terms it comes again', async () => {
  const report = () =>
    app.inject({
      ...{ method: 'POST', url: '/agent/v1/report', headers: headersOf(mine) },
      payload: reportOf(),
    });
  expect((await report()).json()).toMatchObject({ leaderless: true, leaseMs: 60_000, run: [] });
  await leaders.acquire({ holder: 'x', url: 'http://there', ttlMs: 1_000 });
  const sent = await report();
  expect([sent.statusCode, sent.headers.location]).toEqual([307, 'http://there/agent/v1/report']);
  await clock.advance(1_000);
  expect((await report()).json()).toMatchObject({ leaderless: true });
  await leaders.acquire({ holder: 'y', url: 'http://here', ttlMs: 1_000 });
  expect((await report()).statusCode).toBe(503);
});

test('a record that does not answer keeps no agent waiting', async () => {
  current = () => new Promise(() => {});
  let status = 0;
  const asked = app
    .inject({
      ...{ method: 'POST', url: '/agent/v1/report', headers: headersOf(mine) },
      payload: reportOf(),
    })
    .then((answer) => {
      status = answer.statusCode;
    });
  while (status === 0) await Promise.all([clock.advance(500), new Promise((go) => setImmediate(go))]);
  await asked;
  current = leaders.current;
  expect(status).toBe(503);
});

test('who has no key of its host is refused before its body is read', async () => {
  const headers = { ...headersOf(mine), 'cellbook-agent-host': other };
  const key = resultKeyOf(running.jobId, running.attemptId, 'large.mp4');
  const sent = [
    { method: 'PUT', url: agentObjectPath(key), type: 'application/octet-stream', bytes: 9 * 2 ** 20 },
    { method: 'POST', url: '/agent/v1/report', type: 'application/json', bytes: 13 * 2 ** 20 },
  ] as const;
  for (const { method, url, type, bytes } of sent) {
    const asked = { method, url, payload: Buffer.alloc(bytes, 'x') };
    const codes = [
      (await app.inject({ ...asked, headers: { 'content-type': type } })).statusCode,
      (await app.inject({ ...asked, headers: { ...headers, 'content-type': type } })).statusCode,
      (await app.inject({ ...asked, headers: { ...headersOf(mine), 'content-type': type } })).statusCode,
    ];
    expect(codes).toEqual([401, 401, 413]);
  }
});

test('a host’s pieces beyond what may be in memory come again, and others’ are taken meanwhile', async () => {
  let written = () => {};
  disk = new Promise<void>((resolve) => {
    written = resolve;
  });
  // Asked at once, not when it is waited for.
  const piece = async (number: number, hostId = mine) =>
    await ask('PUT', resultKeyOf(running.jobId, running.attemptId, `many-${number}`), {
      ...{ query: '?offset=0', body: 'x', hostId },
    });
  const { piecesOfHostMax } = limits.scheduler;
  const pieces = Array.from({ length: piecesOfHostMax }, (_, number) => piece(number));
  const late = await piece(piecesOfHostMax);
  expect([late.statusCode, late.headers['retry-after']]).toEqual([503, '1']);
  // Let in, and told that it is none of its own.
  expect((await piece(0, other)).statusCode).toBe(403);
  written();
  const codes = (await Promise.all(pieces)).map(({ statusCode }) => statusCode);
  expect(new Set(codes)).toEqual(new Set([204]));
  expect((await piece(piecesOfHostMax)).statusCode).toBe(204);
});
