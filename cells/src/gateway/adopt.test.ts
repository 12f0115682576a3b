/** A gateway whose sandbox was started by an earlier controller: what it takes over, and what it tells clients. */
import { newKernelId, newSandboxId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeV1Frame } from './frames/v1-frame.ts';
import { clientNote, requestNote } from './kernels/inherited.ts';
import { FakeSandbox } from './testing/fake-sandbox.ts';
import { startTestServer, type TestServer } from './testing/server.ts';

const kernelId = newKernelId(systemRandom);
const deletedId = newKernelId(systemRandom);
const header = JSON.stringify({ msg_id: 'asked-before', msg_type: 'execute_request', session: 'tab' });

let server: TestServer;
let sandbox: FakeSandbox;
let shutDown: string[];
let state: 'busy' | 'dead';

beforeEach(async () => {
  shutDown = [];
  state = 'busy';
  server = await startTestServer({
    async start(workspaceId, epoch) {
      sandbox = new FakeSandbox(newSandboxId(systemRandom), workspaceId, epoch);
      const { link } = sandbox;
      const request = { sessionId: 'tab', channel: 'shell', msgType: 'execute_request', header, cell: null };
      const notes = new Map<string, unknown>([
        [requestNote(kernelId, 'asked-before'), request],
        [clientNote(kernelId, 'other tab'), true],
        ['something', 'of another version'],
      ]);
      link.inherited = { kernels: [kernelId], terminals: [{ name: '7', directory: '' }], notes };
      link.shutdownKernel = async (...ids: string[]) => void shutDown.push(...ids);
      link.takeOver = async () => {
        say('said meanwhile\n');
        const counts = { stream: 1, receivedBytes: 0, acceptedBytes: 0 };
        const kernels = [kernelId, deletedId].map((id) => ({ ...counts, kernelId: id, state }));
        return { kernels, terminals: [{ ...counts, name: '7' }] };
      };
      return sandbox;
    },
    stop: async () => sandbox.end({ reason: 'stopped' }),
  });
  const { workspaceId } = server;
  await server.store.putKernel({
    ...{ id: kernelId, workspaceId, kernelspec: 'python3', directory: '', kernelInfo: { status: 'ok' } },
    ...{ reason: null, createdMs: 1, lastActivityMs: 1 },
  });
});
afterEach(() => server.close());

function say(text: string): void {
  const parts = [
    JSON.stringify({ msg_id: systemRandom.uuid(), msg_type: 'stream', session: 'kernel' }),
    header,
    '{}',
    JSON.stringify({ name: 'stdout', text }),
  ];
  const frame = writeV1Frame(
    'iopub',
    parts.map((part) => Buffer.from(part)),
  );
  sandbox.link.emit('kernelMessage', kernelId, frame, 0);
}

const takeOver = () => server.runtime.ensureRunning(server.workspaceId, AbortSignal.timeout(10_000));

test('kernels go on under their ids, terminals stay open, and what nobody knows any more is shut down', async () => {
  await takeOver();
  expect((await server.call('GET', '/api/kernels')).json).toMatchObject([
    { id: kernelId, execution_state: 'busy' },
  ]);
  expect((await server.call('GET', '/api/terminals')).json).toMatchObject([{ name: '7' }]);
  expect(shutDown).toEqual([deletedId]);
  expect(sandbox.link.started).toEqual([]);
  const client = await server.connect(kernelId, { sessionId: 'new tab' });
  await client.run('print on', 'goes');
  expect([sandbox.link.started, sandbox.link.restarted]).toEqual([[], []]);
});

test.each(['tab', 'other tab'])(
  'a client that comes back (%s) is given what was said while nobody was there',
  async (sessionId) => {
    await takeOver();
    say('said after\n');
    const client = await server.connect(kernelId, { sessionId });
    await client.until(() => client.messages.length >= 2);
    const texts = client.messages.map(({ content }) => content.text);
    expect(texts.slice(0, 2)).toEqual(['said meanwhile\n', 'said after\n']);
  },
);

test('a request of the controller before is answered for when its kernel turns out to be dead', async () => {
  state = 'dead';
  await takeOver();
  const client = await server.connect(kernelId, { sessionId: 'tab' });
  await client.reply('asked-before');
  expect((await server.call('GET', `/api/kernels/${kernelId}`)).json).toMatchObject({
    execution_state: 'restarting',
    reason: expect.stringContaining('ended'),
  });
});
