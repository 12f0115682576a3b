/** A workspace that sleeps with its memory: what clients see, and what becomes of what they ask for meanwhile. */
import { kernelIdSchema, newSandboxId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeSandbox } from './testing/fake-sandbox.ts';
import { startTestServer, type TestServer } from './testing/server.ts';

let server: TestServer;
let latest: FakeSandbox;
/** Whether the next sandbox is the one that slept. */
let isKept: boolean;
let endsWhenStopped: boolean;
let hasStopped: boolean;

beforeEach(async () => {
  isKept = false;
  endsWhenStopped = true;
  hasStopped = false;
  server = await startTestServer({
    async start(workspaceId, epoch) {
      const link = isKept ? latest.link : undefined;
      latest = new FakeSandbox(newSandboxId(systemRandom), workspaceId, epoch, link);
      return latest;
    },
    stop: async () => {
      hasStopped = true;
      if (endsWhenStopped) latest.end({ reason: 'stopped' });
    },
  });
});
afterEach(() => server.close());

/** A kernel that waits in a cell, asleep, and the client that asked. */
async function asleep() {
  const kernelId = kernelIdSchema.parse(await server.startKernel());
  const client = await server.connect(kernelId, { sessionId: 'tab' });
  await client.run('print before', 'first');
  client.execute('print half\nwait\nprint whole', 'long');
  await client.until(() => latest.link.isWaiting);
  await server.runtime.sleep();
  return { kernelId, client, from: client.messages.length };
}

function comesBack(kernelId: ReturnType<typeof kernelIdSchema.parse>): void {
  isKept = true;
  const { link } = latest;
  link.inherited = { kernels: [kernelId], terminals: [], notes: new Map(link.notes) };
  link.survey = {
    kernels: [{ kernelId, state: 'busy', stream: 1, receivedBytes: 0, acceptedBytes: 0 }],
    terminals: [],
  };
}

const statusesOf = (
  client: { messages: { msgType: string; content: Record<string, unknown> }[] },
  from: number,
) =>
  client.messages
    .slice(from)
    .filter(({ msgType }) => msgType === 'status')
    .map(({ content }) => content.execution_state);

test('clients are told nothing, a busy kernel is shown busy, and a look wakes nothing', async () => {
  const { kernelId, client, from } = await asleep();
  const shown = await server.call('GET', `/api/kernels/${kernelId}`);
  expect(shown.json).toMatchObject({ execution_state: 'busy', connections: 1 });
  client.send({ msgType: 'kernel_info_request', msgId: 'info' });
  expect((await client.reply('info')).content).toMatchObject({ implementation: 'fake' });
  expect(statusesOf(client, from)).toEqual(['busy', 'idle']);
  expect(client.closed).toBeNull();
  expect(server.runtime.starts).toBe(1);
});

test('back with its memory, the cell that ran goes on to its end, and what came meanwhile follows it', async () => {
  const { kernelId, client, from } = await asleep();
  comesBack(kernelId);
  client.execute('print next', 'next');
  await client.until(() => latest.link.received.some(({ msgId }) => msgId === 'next'));
  latest.link.go();
  expect((await client.reply('long')).content.status).toBe('ok');
  expect((await client.reply('next')).content.status).toBe('ok');
  expect(client.texts).toBe('before\nhalf\nnext\nwhole\n');
  expect(statusesOf(client, from)).not.toContain('restarting');
  expect(latest.link.started).toHaveLength(1);
});

test('an interrupt wakes a kernel that was busy', async () => {
  const { kernelId } = await asleep();
  comesBack(kernelId);
  const interrupted: string[] = [];
  latest.link.interruptKernel = async (...ids: string[]) => void interrupted.push(...ids);
  expect((await server.call('POST', `/api/kernels/${kernelId}/interrupt`)).status).toBe(204);
  expect(interrupted).toEqual([kernelId]);
});

test('without its memory, all that was asked for is answered with why, and none of it is run unseen', async () => {
  const { client } = await asleep();
  client.execute('print next', 'next');
  // As a kernel answers when it stops at an error: the first is told, what was queued behind it is not run.
  expect((await client.reply('long')).content).toMatchObject({ status: 'error' });
  expect((await client.reply('next')).content).toMatchObject({ status: 'aborted' });
  expect(client.messages.some(({ content }) => content.ename === 'MemoryNotRestored')).toBe(true);
  expect((await client.run('print anew', 'anew')).content.status).toBe('ok');
  expect(latest.link.received.map(({ msgId }) => msgId)).toEqual(['anew']);
  expect(client.texts).toContain('anew');
  expect(client.texts).not.toContain('next');
});

test('what is not kept any more is told at once, and the next cell runs in a new kernel', async () => {
  const { client } = await asleep();
  server.runtime.forget();
  expect((await client.reply('long')).content).toMatchObject({ status: 'error' });
  await client.until(() => client.messages.at(-1)?.content.execution_state === 'restarting');
  expect((await client.run('print anew', 'anew')).content.status).toBe('ok');
  expect(client.texts).toContain('anew');
});

test('what came before that was meant for its memory: it is told that it has not run, and is not run unseen', async () => {
  const { client } = await asleep();
  const { promise: goesOn, resolve: goOn } = Promise.withResolvers<void>();
  server.runtime.gate = goesOn;
  client.execute('print next', 'next');
  await expect.poll(() => server.runtime.waiting).toBe(1);
  server.runtime.forget();
  expect((await client.reply('long')).content.evalue).toContain('while this ran');
  expect((await client.reply('next')).content.evalue).toContain('It has not run');
  goOn();
  expect((await client.run('print anew', 'anew')).content.status).toBe('ok');
  expect(latest.link.received.map(({ msgId }) => msgId)).toEqual(['anew']);
});

test('a suspend that keeps nothing is over for clients when it is for the lifecycle, not when its processes have ended', async () => {
  const kernelId = kernelIdSchema.parse(await server.startKernel());
  const client = await server.connect(kernelId, { sessionId: 'tab' });
  await client.run('print before', 'first');
  endsWhenStopped = false;
  const before = latest;
  const suspended = server.runtime.suspend();
  await expect.poll(() => hasStopped).toBe(true);
  endsWhenStopped = true;
  server.runtime.noteStopped();
  const next = client.run('print after', 'next');
  await expect.poll(() => latest).not.toBe(before);
  before.end({ reason: 'stopped' });
  await suspended;
  expect((await next).content.status).toBe('ok');
  expect(client.texts).toContain('after');
});

async function heldMeanwhile(client: Awaited<ReturnType<TestServer['connect']>>): Promise<void> {
  const { touches } = server.runtime;
  client.execute('print meanwhile', 'meanwhile');
  await expect.poll(() => server.runtime.touches).toBeGreaterThan(touches);
}

test('a suspend that fails on its way leaves nobody asleep: what came meanwhile runs, and what comes after', async () => {
  const kernelId = kernelIdSchema.parse(await server.startKernel());
  const client = await server.connect(kernelId, { sessionId: 'tab' });
  await client.run('print before', 'first');
  await server.runtime.failToSuspend(async () => {
    await heldMeanwhile(client);
  });
  expect((await client.reply('meanwhile')).content.status).toBe('ok');
  expect((await client.run('print after', 'after')).content.status).toBe('ok');
  expect(client.texts).toBe('before\nmeanwhile\nafter\n');
  expect(server.runtime.starts).toBe(1);
});

test('a suspend that fails again and again is given up for whoever runs a cell', async () => {
  const kernelId = kernelIdSchema.parse(await server.startKernel());
  const client = await server.connect(kernelId, { sessionId: 'tab' });
  await client.run('print before', 'first');
  await server.runtime.suspendInVain();
  expect((await client.run('print after', 'after')).content.status).toBe('ok');
  expect(client.texts).toBe('before\nafter\n');
  expect(server.runtime.starts).toBe(1);
});

test('a kernel that dies while its workspace is being suspended runs nothing unseen of what came meanwhile', async () => {
  const kernelId = kernelIdSchema.parse(await server.startKernel());
  const client = await server.connect(kernelId, { sessionId: 'tab' });
  await client.run('print before', 'first');
  await server.runtime.failToSuspend(async () => {
    await heldMeanwhile(client);
    latest.link.emit('kernelState', kernelId, 'dead', { reason: 'exited', exitCode: 9, signal: null });
    expect((await client.reply('meanwhile')).content.status).toBe('error');
  });
  expect((await client.run('print after', 'after')).content.status).toBe('ok');
  expect(latest.link.received.map(({ msgId }) => msgId)).toEqual(['first', 'after']);
});
