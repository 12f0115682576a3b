/** Browsers' sockets that the edge holds while their workspace sleeps: nothing lost, nothing twice, in order. */
import { once } from 'node:events';
import { type Clock, systemClock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { kernelIdSchema, newSandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { HoldOpen } from '../../standing/standing.ts';
import { TestClient } from '../testing/client.ts';
import { FakeSandbox } from '../testing/fake-sandbox.ts';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { TestEdge } from '../testing/test-edge.ts';

/** Its ticks are short; all else is as long as it is. */
const quick: Clock = {
  ...systemClock,
  setTimer: (delayMs, callback) =>
    systemClock.setTimer(delayMs === limits.parking.tickMs ? 20 : delayMs, callback),
};

let edge: TestEdge;
let server: TestServer;
let latest: FakeSandbox;
let isKept: boolean;
/** Ends everything that is held open, as a revocation does. */
let endings: Set<() => void>;

const standing: HoldOpen = {
  checkOpening: () => undefined,
  hold(_principal, { end }) {
    endings.add(end);
    return () => endings.delete(end);
  },
};

beforeEach(async () => {
  isKept = false;
  endings = new Set();
  edge = await TestEdge.start();
  server = await startTestServer({
    ...{ clock: quick, standing, wake: edge.wake },
    async start(workspaceId, epoch) {
      const link = isKept ? latest.link : undefined;
      latest = new FakeSandbox(newSandboxId(systemRandom), workspaceId, epoch, link);
      return latest;
    },
    stop: async () => latest.end({ reason: 'stopped' }),
  });
  edge.cellUrl = new URL(server.url).origin;
});
afterEach(async () => {
  edge.close();
  await server.close();
});

const path = () => new URL(server.url).pathname;
const connect = (kernelId: string, options: { isLegacy?: boolean; sessionId?: string } = {}) =>
  TestClient.open(`${edge.url}${path()}/api/kernels/${kernelId}/channels`, options);

async function sleeps(parked: number): Promise<void> {
  await server.runtime.sleep();
  isKept = true;
  await expect.poll(() => edge.parkedCount, { timeout: 20_000 }).toBe(parked);
}

function comesBackWith(kernelId: string, state: 'busy' | 'idle'): void {
  const id = kernelIdSchema.parse(kernelId);
  const { link } = latest;
  link.inherited = { kernels: [id], terminals: [], notes: new Map(link.notes) };
  const at = { stream: 1, receivedBytes: 0, acceptedBytes: 0 };
  link.survey = { kernels: [{ kernelId: id, state, ...at }], terminals: [] };
}

test.each([false, true])(
  'a socket (JSON framing: %s) goes on where it was, and wakes its workspace',
  async (isLegacy) => {
    const kernelId = await server.startKernel();
    const client = await connect(kernelId, { isLegacy, sessionId: 'tab' });
    await client.run('print before', 'first');
    await sleeps(1);
    comesBackWith(kernelId, 'idle');
    expect((await client.run('print after', 'second')).content.status).toBe('ok');
    expect(client.texts).toBe('before\nafter\n');
    expect(client.closed).toBeNull();
    expect(server.runtime.starts).toBe(2);
    expect(edge.attachments).toBeGreaterThan(1);
  },
);

test('output that comes by itself wakes the sockets, which are given all of it once', async () => {
  const kernelId = await server.startKernel();
  const asks = await connect(kernelId, { sessionId: 'asks' });
  const looks = await connect(kernelId);
  asks.execute('print half\nwait\nprint whole', 'long');
  await asks.until(() => latest.link.isWaiting);
  await sleeps(2);
  comesBackWith(kernelId, 'busy');
  // Somebody else has it resumed; the first words of the edge are lost.
  edge.isDeaf = true;
  await server.runtime.ensureRunning(server.workspaceId, AbortSignal.timeout(20_000));
  latest.link.go();
  await expect.poll(() => latest.link.isWaiting).toBe(false);
  edge.isDeaf = false;
  expect((await asks.reply('long')).content.status).toBe('ok');
  await looks.until(() => looks.texts.includes('whole'));
  expect([asks.texts, looks.texts]).toEqual(['half\nwhole\n', 'half\nwhole\n']);
  expect(asks.statuses('long')).toEqual(['busy', 'idle']);
});

test('twenty tabs that were parked and speak at once cause one resume, and each is answered', async () => {
  const kernelId = await server.startKernel();
  const tabs = await Promise.all(
    Array.from({ length: 20 }, (_, tab) => connect(kernelId, { sessionId: `tab-${tab}` })),
  );
  await sleeps(20);
  comesBackWith(kernelId, 'idle');
  const replies = await Promise.all(tabs.map((tab, at) => tab.run(`print ${at}`, `run-${at}`)));
  expect(new Set(replies.map(({ content }) => content.status))).toEqual(new Set(['ok']));
  expect(server.runtime.starts).toBe(2);
});

test('what arrives while a parked workspace resumes is held and answered, by the one resume', async () => {
  const kernelId = await server.startKernel();
  const tab = await connect(kernelId, { sessionId: 'tab' });
  await sleeps(1);
  comesBackWith(kernelId, 'idle');
  const { promise, resolve: resume } = Promise.withResolvers<undefined>();
  server.runtime.gate = promise;
  tab.execute('print 1', 'first');
  await expect.poll(() => server.runtime.waiting).toBe(1);
  tab.execute('print 2', 'second');
  const terminal = server.call('POST', '/api/terminals', { name: 't' });
  await expect.poll(() => server.runtime.waiting).toBe(2);
  resume(undefined);
  expect((await tab.reply('second')).content.status).toBe('ok');
  expect([(await terminal).status, tab.texts, server.runtime.starts]).toEqual([200, '1\n2\n', 2]);
});

test('a resume that fails is told in each parked tab with what is safe; they stay open, and the next try succeeds', async () => {
  const kernelId = await server.startKernel();
  const tabs = await Promise.all(['a', 'b'].map((sessionId) => connect(kernelId, { sessionId })));
  await sleeps(2);
  comesBackWith(kernelId, 'idle');
  server.runtime.failure = new CellbookError('sandbox_unavailable', {
    doing: 'resuming workspace w',
    problem: 'no host has room',
    next: 'Its saved files are safe. It is tried again by itself; try again in a little while.',
  });
  for (const tab of tabs) {
    tab.execute('print 1', 'refused');
    const { evalue } = (await tab.reply('refused')).content;
    expect(evalue).toMatch(/no host has room\. It has not run.*\. Its saved files are safe\./);
  }
  server.runtime.failure = null;
  for (const tab of tabs) expect((await tab.run('print 2', 'again')).content.status).toBe('ok');
  expect(tabs.map(({ closed }) => closed)).toEqual([null, null]);
});

test('a terminal is not set up again, and hears what was said meanwhile', async () => {
  const kernelId = await server.startKernel();
  expect((await server.call('POST', '/api/terminals', { name: 't' })).status).toBe(200);
  const socket = new WebSocket(`${edge.url}${path()}/terminals/websocket/t`);
  const heard: unknown[][] = [];
  socket.on('message', (data) => heard.push(JSON.parse(String(data))));
  await expect
    .poll(() => heard)
    .toEqual([
      ['setup', {}],
      ['stdout', '$ '],
    ]);
  await sleeps(1);
  comesBackWith(kernelId, 'idle');
  // Its shell went with the sandbox: said to whoever has it open, parked or not.
  await server.runtime.ensureRunning(server.workspaceId, AbortSignal.timeout(20_000));
  await expect.poll(() => heard.flat().join(''), { timeout: 20_000 }).toContain('this shell ended');
  expect(heard.filter(([kind]) => kind === 'setup')).toHaveLength(1);
});

test('a right that ends, and a kernel that is deleted, close a parked browser with the code that fits', async () => {
  const [kept, deleted] = [await server.startKernel(), await server.startKernel()];
  const [first, second] = [await connect(kept), await connect(deleted)];
  await sleeps(2);
  expect(endings.size).toBe(2);
  await server.call('DELETE', `/api/kernels/${deleted}`);
  await second.until(() => second.closed !== null);
  expect(second.closed?.code).toBe(1000);
  for (const end of endings) end();
  await first.until(() => first.closed !== null);
  expect(first.closed?.code).toBe(1012);
  expect(endings.size).toBe(0);
});

test('one whose browser left unheard is found, and its place is free', async () => {
  const kernelId = await server.startKernel();
  await connect(kernelId);
  await sleeps(1);
  edge.loseAll();
  comesBackWith(kernelId, 'idle');
  const connections = async () => (await server.call('GET', `/api/kernels/${kernelId}`)).json.connections;
  await expect.poll(connections, { timeout: 20_000 }).toBe(0);
  expect(edge.orders.map(({ want }) => want)).toContain('ask');
  expect(server.runtime.starts).toBe(1);
});

test('a right that ends closes one that is attached, too', async () => {
  const client = await connect(await server.startKernel());
  await expect.poll(() => endings.size).toBe(1);
  for (const end of endings) end();
  await client.until(() => client.closed !== null);
  expect(client.closed?.code).toBe(1012);
  await expect.poll(() => endings.size).toBe(0);
});

test('a parting that breaks half-way is found out, and what the kernel says next arrives', async () => {
  const kernelId = await server.startKernel();
  const hears = await connect(kernelId, { sessionId: 'hears' });
  edge.breaksNextParting = true;
  await server.runtime.sleep();
  isKept = true;
  await expect.poll(() => edge.orders.map(({ want, seq }) => `${want} ${seq}`)).toContain('attach 1');
  await expect.poll(() => edge.attachments).toBe(2);
  comesBackWith(kernelId, 'idle');
  const asks = await server.connect(kernelId, { sessionId: 'asks' });
  await asks.run('print news', 'run');
  await hears.until(() => hears.texts === 'news\n');
  expect(hears.closed).toBeNull();
});

test('an attachment whose number is not above the last is refused, and the one in use goes on', async () => {
  const kernelId = await server.startKernel();
  const client = await connect(kernelId, { sessionId: 'tab' });
  expect(await closeCodeOf(edge.attachBesides(0))).toBe(1012);
  await client.run('print on', 'run');
  expect([client.texts, client.closed]).toEqual(['on\n', null]);
});

test('an attachment that comes late, after its object has given it up, gives way to the next', async () => {
  const kernelId = await server.startKernel();
  const client = await connect(kernelId, { sessionId: 'tab' });
  await client.run('print before', 'first');
  await sleeps(1);
  const late = edge.attachBesides(1, true);
  await once(late, 'open');
  comesBackWith(kernelId, 'idle');
  const closed = closeCodeOf(late);
  await client.run('print after', 'second');
  expect([client.texts, client.closed]).toEqual(['before\nafter\n', null]);
  expect(await closed).toBe(1006);
  expect((await server.call('GET', `/api/kernels/${kernelId}`)).json.connections).toBe(1);
});

test('one whose attachment is replaced while it is in use is sent back: nobody knows what was on its way', async () => {
  const client = await connect(await server.startKernel(), { sessionId: 'tab' });
  expect(await closeCodeOf(edge.attachBesides(1))).toBe(1012);
  await client.until(() => client.closed !== null);
  expect(client.closed?.code).toBe(1012);
});

test('where something that the browser said was lost on the way, it is sent back', async () => {
  const kernelId = await server.startKernel();
  const client = await connect(kernelId, { sessionId: 'tab' });
  await client.run('print before', 'first');
  await sleeps(1);
  edge.loseFrames(1);
  comesBackWith(kernelId, 'idle');
  client.execute('print after', 'second');
  await client.until(() => client.closed !== null);
  expect(client.closed?.code).toBe(1012);
});

test('a cell that drains takes no attachment: its object is told to wait', async () => {
  const kernelId = await server.startKernel();
  const client = await connect(kernelId, { sessionId: 'tab' });
  await sleeps(1);
  await server.gateway.close();
  const refused = edge.attachBesides(1);
  const [, answer] = await once(refused, 'unexpected-response');
  expect([answer.statusCode, Number(answer.headers['retry-after']) > 0]).toEqual([503, true]);
  refused.on('error', () => undefined).terminate();
  expect(client.closed).toBeNull();
});

test('a browser that does not read is given the rest from the log when it does', async () => {
  const kernelId = await server.startKernel();
  const slow = await connect(kernelId, { sessionId: 'slow' });
  const asks = await server.connect(kernelId, { sessionId: 'asks' });
  edge.tellSlow(true);
  // Said after the word, on the same way: where this has been heard, so has that.
  slow.execute('print heard', 'mark');
  await asks.until(() => asks.texts === 'heard\n');
  const lines = Array.from({ length: 300 }, (_, at) => `print ${at}-${'x'.repeat(900)}`).join('\n');
  await asks.run(lines, 'flood');
  expect(slow.texts).toBe('');
  edge.tellSlow(false);
  await slow.until(() => slow.texts === asks.texts);
});

async function closeCodeOf(socket: WebSocket): Promise<number> {
  const [code] = await once(socket, 'close');
  return code;
}
