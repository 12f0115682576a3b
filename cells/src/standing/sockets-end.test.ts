/** Sockets of a real gateway, opened with rights that end while they are open. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock, systemClock } from '@cellbook/shared/clock.ts';
import { cellIdSchema, newOrgId, newSandboxId, newUserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import { principalSchema } from '@cellbook/shared/protocol/principal.ts';
import type { Fact } from '@cellbook/shared/protocol/standing-api.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { openPublicKeys } from '../api/access/public-keys.ts';
import { createMemoryAuditStore } from '../audit/store/memory-audit-store.ts';
import { createTestAudit, type TestAudit } from '../audit/testing/test-audit.ts';
import { FakeSandbox } from '../gateway/testing/fake-sandbox.ts';
import { startTestServer, type TestServer } from '../gateway/testing/server.ts';
import { eventually } from '../testing/eventually.ts';
import { createTestEdge, type TestEdge, testCellId } from '../testing/test-edge.ts';
import { createStanding, type Standing } from './standing.ts';

const org = newOrgId(systemRandom);
const querySchema = z.object({ cred: z.string().default('key-0'), asOf: z.coerce.number().default(0) });
let directory: string;
let edge: TestEdge;
let clock: ManualClock;
let audit: TestAudit;
let standing: Standing;
let server: TestServer;
let kernelId: string;
let endsMs: number;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-standing-'));
  clock = new ManualClock(systemClock.nowMs());
  edge = await createTestEdge(directory, clock);
  endsMs = Math.ceil(clock.nowMs() / 1_000) * 1_000 + 48 * 3_600_000;
  audit = createTestAudit(createMemoryAuditStore(), systemClock);
  const keys = await openPublicKeys(edge.publicKeysFile, clock);
  const metrics = createMetrics();
  standing = createStanding({
    clock,
    log: silentLogger,
    metrics,
    keys,
    audit: audit.log,
    cellId: cellIdSchema.parse(testCellId),
  });
  server = await startTestServer({
    start: async (workspaceId, epoch) => new FakeSandbox(newSandboxId(systemRandom), workspaceId, epoch),
    stop: async (sandbox) => (sandbox as FakeSandbox).end({ reason: 'stopped' }),
    standing,
    claims: ({ query }) => ({ org, ends: endsMs / 1_000, ...querySchema.parse(query) }),
  });
  kernelId = await server.startKernel();
  await server.call('POST', '/api/terminals');
});
afterEach(async () => {
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

const paths = {
  kernel: () => `/api/kernels/${kernelId}/channels`,
  terminal: () => '/terminals/websocket/1',
  events: () => '/api/events/subscribe',
};

async function open(what: keyof typeof paths, query = '') {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}${paths[what]()}?${query}`);
  const closed = once(socket, 'close').then(([code]) => code as number);
  await once(socket, 'open');
  return { socket, closed };
}
const openAll = (query: string) =>
  Promise.all([open('kernel', query), open('terminal', query), open('events', query)]);
const tell = async (...facts: Fact[]) => standing.take(await edge.tell(facts));
const ended = async () =>
  (await audit.events()).map(({ what, details }) => [what, details.what, details.reason]);

test('a revoked key ends every socket opened with it and no other; its kernel goes on', async () => {
  const [revoked, others] = [await openAll('cred=key-1'), await openAll('cred=key-2')];
  await tell({ kind: 'revoked', subject: 'key-1', ms: endsMs });
  expect(await Promise.all(revoked.map(({ closed }) => closed))).toEqual([1012, 1012, 1012]);
  expect(others.map(({ socket }) => socket.readyState)).toEqual(others.map(() => WebSocket.OPEN));
  const client = await server.connect(kernelId, { sessionId: 'tab' });
  expect((await client.run('print on', 'again')).content).toMatchObject({ status: 'ok' });
  await eventually(ended).toEqual([
    ['socket.end', 'kernel', 'revoked'],
    ['socket.end', 'terminal', 'revoked'],
    ['socket.end', 'events', 'revoked'],
  ]);
  expect((await audit.events())[0]).toMatchObject({
    who: { kind: 'system' },
    which: { kind: 'workspace', id: server.workspaceId, org },
    details: { cred: 'key-1', count: 1 },
  });
});

test('a change ends what was opened before it, refuses what is older to open, and lets in what knows of it', async () => {
  const changedMs = clock.nowMs();
  const [before, knowing] = [await open('kernel', 'asOf=1'), await open('kernel', `asOf=${changedMs}`)];
  await tell({ kind: 'changed', subject: org, ms: changedMs });
  expect(await before.closed).toBe(1012);
  expect(knowing.socket.readyState).toBe(WebSocket.OPEN);
  const late = new WebSocket(`${server.url.replace('http', 'ws')}${paths.kernel()}?asOf=1`);
  late.on('error', () => {});
  const [, answer] = await once(late, 'unexpected-response');
  expect(answer).toMatchObject({ statusCode: 503 });
  late.terminate();
  const back = await open('kernel', `asOf=${changedMs}`);
  expect(back.socket.readyState).toBe(WebSocket.OPEN);
});

test('what is told twice, or by nobody known, ends nothing', async () => {
  await tell({ kind: 'changed', subject: org, ms: 5 });
  const { socket } = await open('kernel', 'asOf=5');
  await tell({ kind: 'changed', subject: org, ms: 5 });
  const stranger = await createTestEdge(directory, clock);
  const forged = await stranger.tell([{ kind: 'revoked', subject: 'key-0', ms: endsMs }]);
  await expect(standing.take(forged)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(standing.take('x')).rejects.toMatchObject({ code: 'forbidden' });
  expect(socket.readyState).toBe(WebSocket.OPEN);
});

test('a socket ends when its credential’s own time has come', async () => {
  const { socket, closed } = await open('terminal');
  await clock.advance(endsMs - clock.nowMs() - 1);
  await tell();
  standing.sweep();
  expect(socket.readyState).toBe(WebSocket.OPEN);
  await clock.advance(1);
  standing.sweep();
  expect(await closed).toBe(1012);
});

test('with the edge away sockets stay open for a day, and what nobody has confirmed for longer is asked after', async () => {
  const first = await open('kernel');
  await clock.advance(limits.standing.unconfirmedMsMax - 1);
  standing.sweep();
  expect(first.socket.readyState).toBe(WebSocket.OPEN);
  const second = await open('kernel');
  await clock.advance(1);
  standing.sweep();
  expect(await first.closed).toBe(1012);
  expect(second.socket.readyState).toBe(WebSocket.OPEN);
  await eventually(ended).toEqual([['socket.end', 'kernel', 'unconfirmed']]);
});

test('an ending that cannot be recorded ends all the same', async () => {
  const { closed } = await open('kernel', 'cred=key-1');
  audit.fail(true);
  await tell({ kind: 'revoked', subject: 'key-1', ms: endsMs });
  expect(await closed).toBe(1012);
});

test('what cannot be ended keeps nothing else from ending', async () => {
  const principal = principalSchema.parse(
    decodeJwt(await edge.sign({ sub: newUserId(systemRandom), cred: 'key-1' })),
  );
  const ended: string[] = [];
  const open = (what: string, end: () => void) => standing.hold(principal, { what, workspaceId: null, end });
  open('first', () => {
    throw new Error('already gone');
  });
  open('second', () => ended.push('second'));
  await tell({ kind: 'revoked', subject: 'key-1', ms: endsMs });
  expect(ended).toEqual(['second']);
});

test('a log that counts again from below is asked for from there, and a late word of it moves nothing back', () => {
  const told = (upTo: number) => ({ after: 0, upTo, more: true, facts: [] });
  standing.learn(told(900), 0);
  standing.learn(told(300));
  expect(standing.upTo()).toBe(900);
  standing.learn(told(300), 900);
  expect(standing.upTo()).toBe(300);
});
