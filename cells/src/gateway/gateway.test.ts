/** The gateway over HTTP and WebSocket, on kernels of a few lines that do what each test needs. */

import { CellbookError } from '@cellbook/shared/errors.ts';
import { kernelIdSchema, newSandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import {
  idleEvent,
  idleEventSchema,
  resumedEvent,
  resumedEventSchema,
} from '@cellbook/shared/protocol/resume.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { TestClient } from './testing/client.ts';
import { FakeSandbox } from './testing/fake-sandbox.ts';
import { frameOf } from './testing/messages.ts';
import { startTestServer, type TestServer } from './testing/server.ts';

let server: TestServer;
let sandboxes: FakeSandbox[];
const latest = () => sandboxes.at(-1)!;

beforeEach(async () => {
  sandboxes = [];
  server = await startTestServer({
    async start(workspaceId, epoch) {
      sandboxes.push(new FakeSandbox(newSandboxId(systemRandom), workspaceId, epoch));
      return latest();
    },
    stop: async (sandbox) => (sandbox as FakeSandbox).end({ reason: 'stopped' }),
  });
});
afterEach(() => server.close());

const connectionsOf = async (kernelId: string) =>
  (await server.call('GET', `/api/kernels/${kernelId}`)).json.connections;

async function suspended() {
  const kernelId = await server.startKernel();
  const client = await server.connect(kernelId, { sessionId: 'tab' });
  await client.run('print before', 'first');
  await server.runtime.suspend();
  return { kernelId, client };
}

describe('while the workspace sleeps', () => {
  test('lists, models and polls answer and wake nothing', async () => {
    await server.call('POST', '/api/sessions', {
      path: 'a.ipynb',
      type: 'notebook',
      name: '',
      kernel: { name: 'python3' },
    });
    await server.call('POST', '/api/terminals');
    await server.runtime.suspend();
    const touches = server.runtime.touches;
    const [kernels, sessions, terminals, specs] = await Promise.all(
      ['kernels', 'sessions', 'terminals', 'kernelspecs', 'status', 'me', 'nbconvert', 'config/notebook'].map(
        (path) => server.call('GET', `/api/${path}`),
      ),
    );
    expect(kernels?.json).toMatchObject([{ name: 'python3', execution_state: 'idle', connections: 0 }]);
    expect(sessions?.json).toMatchObject([{ path: 'a.ipynb', kernel: { id: kernels?.json[0].id } }]);
    expect(terminals?.json).toMatchObject([{ name: '1' }]);
    expect(specs?.json.kernelspecs.python3.resources['logo-svg']).toBe(
      `/w/${server.workspaceId}/kernelspecs/python3/logo-svg.svg`,
    );
    const logo = await server.call('GET', '/kernelspecs/python3/logo-svg.svg');
    expect(logo.text).toBe('python3/logo-svg.svg');
    expect((await server.call('GET', `/api/kernels/${kernels?.json[0].id}`)).status).toBe(200);
    expect(server.runtime.starts).toBe(1);
    expect(server.runtime.touches).toBe(touches);
  });

  test('sockets stay open, are told that the memory is gone, and kernel_info is answered from what was recorded', async () => {
    const { client } = await suspended();
    await client.until(() => client.messages.at(-1)?.content.execution_state === 'restarting');
    client.send({ msgType: 'kernel_info_request', msgId: 'info' });
    client.send({ msgType: 'comm_info_request', msgId: 'comms' });
    const reply = await client.reply('info');
    expect(reply.content).toMatchObject({ status: 'ok', implementation: 'fake' });
    expect((await client.reply('comms')).content).toEqual({ status: 'ok', comms: {} });
    expect(client.statuses('info')).toEqual(['busy', 'idle']);
    expect(client.closed).toBeNull();
    expect(server.runtime.starts).toBe(1);
  });

  test('a message that means work resumes the workspace once and everything held arrives in order', async () => {
    const { kernelId, client } = await suspended();
    const other = await server.connect(kernelId, { sessionId: 'other' });
    for (let index = 0; index < 20; index++)
      (index % 2 ? client : other).execute(`print ${index}`, `cell-${index}`);
    await Promise.all([client.reply('cell-19'), other.reply('cell-18')]);
    expect(server.runtime.starts).toBe(2);
    expect(latest().link.started.map((start) => start.kernelId)).toEqual([kernelId]);
    const executed = latest().link.received.map(({ msgId }) => msgId);
    for (const parity of [0, 1]) {
      const own = executed.filter((id) => Number(id.split('-')[1]) % 2 === parity);
      expect(own).toEqual(
        own.toSorted((one, next) => Number(one.split('-')[1]) - Number(next.split('-')[1])),
      );
    }
    expect(executed).toHaveLength(20);
    const states = client.messages.filter(
      ({ msgType, parentId }) => msgType === 'status' && parentId === null,
    );
    expect(states.map(({ content }) => content.execution_state)).toEqual(
      ['starting', 'idle', 'restarting', 'starting', 'idle'].slice(-3),
    );
  });

  test('the request that woke it is answered after the kernel is told to be up, never cut by a restart', async () => {
    const { client } = await suspended();
    await client.until(() => client.messages.at(-1)?.content.execution_state === 'restarting');
    const from = client.messages.length;
    await client.run('print after', 'second');
    const states = client.messages.slice(from).filter(({ msgType }) => msgType === 'status');
    expect(states.map(({ content }) => content.execution_state)).not.toContain('restarting');
    expect(client.texts).toContain('after');
  });

  test('a resume that fails answers every held request with its reason, and the next one tries again', async () => {
    const { client } = await suspended();
    server.runtime.failure = new CellbookError('resume_timeout', {
      doing: 'resuming',
      problem: 'it took too long',
      next: 'Try again.',
    });
    client.execute('print 1', 'one');
    client.execute('print 2', 'two');
    const refused = (await client.reply('one')).content;
    expect(refused).toMatchObject({ status: 'error', ename: 'resume_timeout' });
    expect(refused.evalue).toBe('resuming: it took too long. It has not run. Try again.');
    await client.until(() => client.statuses('two').includes('idle'));
    server.runtime.failure = null;
    expect((await client.run('print 3', 'three')).content.status).toBe('ok');
  });

  test('an interrupt gives up what waits for the resume, and only that', async () => {
    const { kernelId, client } = await suspended();
    let resume = () => {};
    server.runtime.gate = new Promise((resolve) => {
      resume = () => resolve(undefined);
    });
    client.execute('print 1', 'waits');
    await expect.poll(() => server.runtime.waiting).toBe(1);
    expect((await server.call('POST', `/api/kernels/${kernelId}/interrupt`)).status).toBe(204);
    expect((await client.reply('waits')).content).toMatchObject({ ename: 'KeyboardInterrupt' });
    resume();
    expect((await client.run('print 2', 'next')).content.status).toBe('ok');
    expect(latest().link.received.map(({ msgId }) => msgId)).toEqual(['next']);
  });

  test('a kernel shut down while it waits for the resume is not started any more', async () => {
    const { kernelId, client } = await suspended();
    let resume = () => {};
    server.runtime.gate = new Promise((resolve) => {
      resume = () => resolve(undefined);
    });
    client.execute('print 1', 'waits');
    await expect.poll(() => server.runtime.waiting).toBe(1);
    const deleted = server.call('DELETE', `/api/kernels/${kernelId}`);
    resume();
    expect((await deleted).status).toBe(204);
    await client.until(() => client.closed !== null);
    expect((await server.call('GET', '/api/kernels')).json).toEqual([]);
    expect(await server.store.listKernels(server.workspaceId)).toEqual([]);
  });

  test('interrupting, restarting and shutting down a kernel wake nothing', async () => {
    const { kernelId, client } = await suspended();
    expect((await server.call('POST', `/api/kernels/${kernelId}/interrupt`)).status).toBe(204);
    expect((await server.call('POST', `/api/kernels/${kernelId}/restart`)).json.id).toBe(kernelId);
    expect((await server.call('DELETE', `/api/kernels/${kernelId}`)).status).toBe(204);
    await client.until(() => client.closed !== null);
    expect((await server.call('GET', '/api/kernels')).json).toEqual([]);
    expect(server.runtime.starts).toBe(1);
  });

  test('what ran when it was suspended is ended in words, so that no client waits for ever', async () => {
    const kernelId = await server.startKernel();
    const client = await server.connect(kernelId);
    client.execute('wait', 'long');
    await client.until(() => latest().link.isWaiting);
    await server.runtime.suspend();
    expect((await client.reply('long')).content).toMatchObject({
      status: 'error',
      ename: 'WorkspaceSuspended',
    });
  });
});

describe('a kernel that dies', () => {
  test('of memory says so by name with the limit, in the cell that ran, and runs again under its id', async () => {
    const kernelId = await server.startKernel();
    const client = await server.connect(kernelId, { sessionId: 'tab' });
    client.execute('oom', 'big');
    const shown = await client.find(({ msgType, parentId }) => msgType === 'error' && parentId === 'big');
    expect(shown.content).toMatchObject({ ename: 'OutOfMemory' });
    expect(shown.content.evalue).toContain('512 MiB');
    expect((await client.reply('big')).content.status).toBe('error');
    await client.find(
      ({ msgType, content }) => msgType === 'status' && content.execution_state === 'restarting',
    );
    const model = (await server.call('GET', `/api/kernels/${kernelId}`)).json;
    expect(model).toMatchObject({ id: kernelId, execution_state: 'restarting' });
    expect(model.reason).toContain('Out of memory');
    expect((await client.run('print again', 'next')).content.status).toBe('ok');
    expect(latest().link.restarted).toEqual([kernelId]);
    expect((await server.call('GET', `/api/kernels/${kernelId}`)).json.reason).toBeUndefined();
  });

  test('with its sandbox is parked with the reason, and the next message starts both', async () => {
    const kernelId = await server.startKernel();
    const client = await server.connect(kernelId);
    client.execute('wait', 'long');
    await client.until(() => latest().link.isWaiting);
    latest().end({ reason: 'out_of_memory', memoryBytesMax: 2 ** 30 });
    expect((await client.reply('long')).content).toMatchObject({ ename: 'OutOfMemory' });
    expect((await server.call('GET', `/api/kernels/${kernelId}`)).json).toMatchObject({
      execution_state: 'restarting',
    });
    expect((await client.run('print 1', 'next')).content.status).toBe('ok');
    expect(server.runtime.starts).toBe(2);
  });
});

describe('reconnecting', () => {
  test('with the same session gives what was said meanwhile, once', async () => {
    const kernelId = await server.startKernel();
    const first = await server.connect(kernelId, { sessionId: 'tab' });
    first.execute('print a\nwait\nprint b', 'cell');
    await first.until(() => first.texts === 'a\n' && latest().link.isWaiting);
    await first.close(1006);
    await expect.poll(() => connectionsOf(kernelId)).toBe(0);
    latest().link.go();
    const second = await server.connect(kernelId, { sessionId: 'tab' });
    await second.until(() => second.statuses('cell').includes('idle'));
    expect(second.texts).toBe('b\n');
    expect((await second.reply('cell')).content.status).toBe('ok');
  });

  test('the outputs of a tab that was closed are in the notebook', async () => {
    server.notebooks.set('a.ipynb', { cells: [{ cell_type: 'code', id: 'c1', source: '', outputs: [] }] });
    const { json } = await server.call('POST', '/api/sessions', {
      path: 'a.ipynb',
      type: 'notebook',
      kernel: { name: 'python3' },
    });
    const tab = await server.connect(json.kernel.id, { sessionId: 'tab' });
    tab.execute('print a\nwait\nprint b', 'cell', { cellId: 'c1' });
    await tab.until(() => latest().link.isWaiting);
    await tab.close(1001);
    latest().link.go();
    await expect
      .poll(() => JSON.stringify(server.notebooks.get('a.ipynb')))
      .toContain('"text":["a\\n","b\\n"]');
  });
});

describe('bad input', () => {
  test('garbage on a kernel socket is answered with a typed error and the socket lives on', async () => {
    const kernelId = await server.startKernel();
    for (const isLegacy of [false, true]) {
      const client = await server.connect(kernelId, { isLegacy });
      for (const garbage of [Buffer.alloc(0), Buffer.from('garbage'), Buffer.alloc(64, 255)])
        client.socket.send(garbage);
      client.socket.send('not json');
      client.socket.send('{"header":{"msg_id":"x","msg_type":"y"},"channel":"iopub","content":{}}');
      await client.until(() => client.messages.length === 5);
      for (const message of client.messages)
        expect(message).toMatchObject({ msgType: 'error', content: { ename: 'malformed_frame' } });
      expect((await client.run('print 1', 'ok')).content.status).toBe('ok');
    }
  });

  test('an unknown kind of message goes to the kernel as it is', async () => {
    const kernelId = await server.startKernel();
    const client = await server.connect(kernelId);
    client.send({ msgType: 'something_new_request', msgId: 'new' });
    expect((await client.reply('new')).msgType).toBe('something_new_reply');
  });

  test.each([
    ['POST', '/api/kernels', 400, 'malformed_json', '{'],
    ['POST', '/api/kernels', 400, 'bad_request', '[]'],
    ['POST', '/api/kernels', 400, 'bad_request', '{"name": 5}'],
    ['POST', '/api/kernels', 400, 'unknown_kernelspec', '{"name": "cobol"}'],
    ['POST', '/api/kernels', 400, 'unknown_kernelspec', '{"name": "__proto__"}'],
    ['GET', '/api/kernels/..%2f..%2fetc', 404, 'not_found', undefined],
    ['GET', '/api/kernels/%00', 404, 'not_found', undefined],
    ['DELETE', '/api/kernels/11111111-2222-3333-4444-555555555555', 404, 'not_found', undefined],
    ['POST', '/api/kernels/x/interrupt', 404, 'not_found', undefined],
    ['POST', '/api/sessions', 400, 'bad_request', undefined],
    ['POST', '/api/sessions', 400, 'bad_request', '{"path": "a"}'],
    ['POST', '/api/sessions', 400, 'bad_request', '{"path": "a\\u0000b", "type": "file"}'],
    ['PATCH', '/api/sessions/x', 404, 'not_found', '{}'],
    ['GET', '/api/terminals/9', 404, 'not_found', undefined],
    ['POST', '/api/terminals', 400, 'bad_request', '{"name": "../x"}'],
    ['POST', '/api/sessions', 400, 'bad_request', '{"path": "a", "type": "file", "name": "\\u0000"}'],
    ['PUT', '/api/config/notebook', 400, 'bad_request', '{"deep": [{"half": "\\ud83d"}]}'],
    ['PUT', '/api/config/a.b', 404, 'not_found', '{}'],
    ['PUT', '/api/config/a', 400, 'bad_request', '[1]'],
    ['PUT', '/api/config/a', 413, 'too_large', JSON.stringify({ a: 'x'.repeat(300_000) })],
    ['POST', '/api/events', 400, 'bad_request', '{"schema_id": "x", "version": "1", "data": {}}'],
    ['PATCH', '/api/me', 400, 'bad_request', '{"name": "x"}'],
    ['GET', '/api/me?permissions=5', 400, 'bad_request', undefined],
    ['GET', '/nbconvert/nothing/a.ipynb', 404, 'not_found', undefined],
    ['POST', '/nbconvert/html', 400, 'bad_request', '{"content": 5}'],
    ['GET', '/kernelspecs/python3/nothing.png', 404, 'not_found', undefined],
    ['GET', '/api/kernelspecs/constructor', 404, 'not_found', undefined],
  ])('%s %s is answered %i %s', async (method, path, status, code, body) => {
    const answer = await server.call(method, path, body);
    expect({ status: answer.status, code: answer.json?.code }).toEqual({ status, code });
    expect(answer.json.message).toBeTruthy();
    expect(answer.json.next).toBeTruthy();
  });

  test('text that only looks like what no database keeps is kept', async () => {
    const value = { backslash: '\\u0000', whole: '😀', tab: '\t' };
    expect((await server.call('PUT', '/api/config/looks', value)).status).toBe(204);
    expect((await server.call('GET', '/api/config/looks')).json).toEqual(value);
  });

  test('a body beyond the limit is refused as such', async () => {
    const answer = await server.call('PUT', '/api/config/a', `"${'x'.repeat(33 * 1024 * 1024)}"`);
    expect(answer.json?.code ?? answer.status).toBe('too_large');
  });

  test('sockets of kernels, terminals and workspaces that are not there are refused before the upgrade', async () => {
    for (const path of ['/api/kernels/x/channels', '/terminals/websocket/7']) {
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`);
      const status = await new Promise((resolve) =>
        socket.on('unexpected-response', (_request, response) => resolve(response.statusCode)),
      );
      expect(status).toBe(404);
    }
    expect((await fetch(`${server.url.slice(0, -3)}aaa/api/kernels`)).status).toBe(404);
  });
});

describe('sessions', () => {
  const body = { path: 'dir/a.ipynb', type: 'notebook', name: 'a', kernel: { name: 'python3' } };

  test('twenty clicks at once make one session and one kernel', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => server.call('POST', '/api/sessions', body)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ json }) => json.id)).size).toBe(1);
    expect(latest().link.started).toHaveLength(1);
    expect(latest().link.started[0]).toMatchObject({
      directory: 'dir',
      environment: { JPY_SESSION_NAME: 'dir/a.ipynb' },
    });
  });

  test('a kernel that fails to start leaves nothing behind', async () => {
    await server.call('GET', '/api/kernelspecs');
    latest().link.startFailure = new CellbookError('sandbox_unavailable', {
      doing: 'starting',
      problem: 'it ended',
      next: 'Try again.',
    });
    const answer = await server.call('POST', '/api/sessions', body);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect((await server.call('GET', '/api/sessions')).json).toEqual([]);
    expect((await server.call('GET', '/api/kernels')).json).toEqual([]);
    expect(await server.store.listKernels(server.workspaceId)).toEqual([]);
  });

  test('and kernels are there again for a gateway that starts anew', async () => {
    const { json } = await server.call('POST', '/api/sessions', body);
    const [kernels, sessions] = await Promise.all([
      server.store.listKernels(server.workspaceId),
      server.store.listSessions(server.workspaceId),
    ]);
    expect(kernels.map(({ id, kernelInfo }) => ({ id, info: kernelInfo?.implementation }))).toEqual([
      { id: json.kernel.id, info: 'fake' },
    ]);
    expect(sessions.map(({ id }) => id)).toEqual([json.id]);
  });
});

describe('load', () => {
  test('a full link holds input, in order, and goes on when it drains', async () => {
    const kernelId = await server.startKernel();
    const client = await server.connect(kernelId);
    latest().link.isFull = true;
    for (let index = 0; index < 50; index++) client.execute('print 1', `cell-${index}`);
    await client.reply('cell-0');
    expect(latest().link.received.length).toBeLessThan(50);
    latest().link.drain();
    await client.reply('cell-49');
    expect(latest().link.received.map(({ msgId }) => msgId)).toEqual(
      Array.from({ length: 50 }, (_, index) => `cell-${index}`),
    );
  });

  test('an interrupt and an answer to input() get through to a kernel whose shell is full', async () => {
    const kernelId = await server.startKernel();
    const client = await server.connect(kernelId);
    latest().link.isFull = true;
    client.execute('print 1', 'cell-0');
    client.execute('print 1', 'cell-1');
    client.send({ channel: 'control', msgType: 'interrupt_request', msgId: 'stop' });
    client.send({ channel: 'stdin', msgType: 'input_reply', msgId: 'answer' });
    await client.reply('stop');
    expect(latest().link.received.map(({ msgId }) => msgId)).toEqual(['cell-0', 'stop', 'answer']);
    latest().link.drain();
    await client.reply('cell-1');
  });

  test('sockets beyond the limit of a kernel are refused before the upgrade, and a place that is left is free', async () => {
    const kernelId = await server.startKernel();
    const url = `${server.url.replace('http', 'ws')}/api/kernels/${kernelId}/channels`;
    const clients = await Promise.all(
      Array.from({ length: limits.gateway.socketsPerKernelMax }, () => server.connect(kernelId)),
    );
    const refused = new WebSocket(url);
    const status = await new Promise((resolve) =>
      refused.on('unexpected-response', (_request, response) => resolve(response.statusCode)),
    );
    expect(status).toBe(429);
    await clients[0]?.close();
    await expect.poll(() => connectionsOf(kernelId)).toBe(limits.gateway.socketsPerKernelMax - 1);
    await server.connect(kernelId);
  });

  test('a message beyond the limit closes its socket with 1009 and harms no other', async () => {
    const kernelId = await server.startKernel();
    const [big, other] = await Promise.all([server.connect(kernelId), server.connect(kernelId)]);
    big.socket.send(Buffer.alloc(limits.gateway.messageBytesMax + 1));
    await big.until(() => big.closed !== null);
    expect(big.closed?.code).toBe(1009);
    expect((await other.run('print 1', 'next')).content.status).toBe('ok');
  });

  test('a widget’s callback counts as busy, a page’s own questions do not', async () => {
    const kernelId = await server.startKernel();
    const client = await server.connect(kernelId);
    const status = (state: string, msgType: string) =>
      latest().link.emit(
        'kernelMessage',
        kernelIdSchema.parse(kernelId),
        frameOf({
          channel: 'iopub',
          msgType: 'status',
          content: { execution_state: state },
          parent: { msgId: 'x', msgType },
        }),
        0,
      );
    status('busy', 'kernel_info_request');
    expect(server.gateway.listener.isBusy(server.workspaceId)).toBe(false);
    status('busy', 'comm_msg');
    expect(server.gateway.listener.isBusy(server.workspaceId)).toBe(true);
    status('idle', 'comm_msg');
    expect(server.gateway.listener.isBusy(server.workspaceId)).toBe(false);
    await client.close();
  });

  test('busy is what executes, and only that', async () => {
    const kernelId = await server.startKernel();
    const client = await server.connect(kernelId);
    const isBusy = () => server.gateway.listener.isBusy(server.workspaceId);
    expect(isBusy()).toBe(false);
    client.execute('wait', 'long');
    await client.until(() => latest().link.isWaiting);
    expect(isBusy()).toBe(true);
    expect((await server.call('GET', `/api/kernels/${kernelId}`)).json.execution_state).toBe('busy');
    latest().link.go();
    await client.until(() => client.statuses('long').includes('idle'));
    expect(isBusy()).toBe(false);
  });
});

describe('terminals', () => {
  const socketOf = (name: string) => `${server.url.replace('http', 'ws')}/terminals/websocket/${name}`;

  async function openTerminal(name: string) {
    const socket = new WebSocket(socketOf(name));
    const messages: unknown[][] = [];
    socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString())));
    await expect.poll(() => messages.length).toBeGreaterThan(0);
    const text = () =>
      messages
        .filter(([kind]) => kind === 'stdout')
        .map(([, data]) => data)
        .join('');
    return { socket, messages, text };
  }

  test('begin with setup and the scrollback, and pass keys and output', async () => {
    expect((await server.call('POST', '/api/terminals', { cwd: 'dir' })).json.name).toBe('1');
    const first = await openTerminal('1');
    expect(first.messages[0]).toEqual(['setup', {}]);
    first.socket.send('["stdin", "héllo ✓"]');
    first.socket.send('["set_size", 30, 100, 0, 0]');
    first.socket.send('garbage');
    first.socket.send('["nothing"]');
    await expect.poll(first.text).toBe('$ héllo ✓');
    const second = await openTerminal('1');
    await expect.poll(second.text).toBe('$ héllo ✓');
  });

  test('a character that arrives in two pieces is shown whole', async () => {
    await server.call('POST', '/api/terminals');
    const { text } = await openTerminal('1');
    const bytes = Buffer.from('✓');
    latest().link.emit('terminalOutput', '1', bytes.subarray(0, 1));
    latest().link.emit('terminalOutput', '1', bytes.subarray(1));
    await expect.poll(text).toBe('$ ✓');
  });

  test('after a suspend say that the shell ended, and the next key opens a new one', async () => {
    await server.call('POST', '/api/terminals');
    const { socket, text } = await openTerminal('1');
    await server.runtime.suspend();
    await expect.poll(text).toContain('this shell ended');
    socket.send('["stdin", "l"]');
    await expect.poll(text).toMatch(/\$ l$/);
    expect(server.runtime.starts).toBe(2);
    expect(latest().link.opened).toEqual(['1']);
  });

  test('a shell that exits says disconnect and is listed no more', async () => {
    await server.call('POST', '/api/terminals');
    const { messages } = await openTerminal('1');
    latest().link.emit('terminalExit', '1');
    await expect.poll(() => messages.at(-1)).toEqual(['disconnect', 1]);
    expect((await server.call('GET', '/api/terminals')).json).toEqual([]);
  });
});

test('on a workspace’s own origin URLs start at its root', async () => {
  const own = await startTestServer({
    start: async (id, epoch) => new FakeSandbox(newSandboxId(systemRandom), id, epoch),
    stop: async (sandbox) => (sandbox as FakeSandbox).end({ reason: 'stopped' }),
    via: 'workspace',
  });
  const { headers, json } = await own.call('POST', '/api/kernels');
  expect(headers.get('location')).toBe(`/api/kernels/${json.id}`);
  expect(headers.get('content-security-policy')).toBe(
    "frame-ancestors 'self'; report-uri /api/security/csp-report; default-src 'none'",
  );
  const specs = await own.call('GET', '/api/kernelspecs');
  expect(specs.json.kernelspecs.python3.resources['logo-svg']).toBe('/kernelspecs/python3/logo-svg.svg');
  await own.close();
});

test('a drain closes every live socket with 1012 and nothing else', async () => {
  const kernelId = await server.startKernel();
  const clients = await Promise.all([1, 2, 3].map(() => server.connect(kernelId)));
  await server.gateway.close();
  await Promise.all(clients.map((client) => client.until(() => client.closed !== null)));
  expect(clients.map(({ closed }) => closed?.code)).toEqual([1012, 1012, 1012]);
});

test('a subscriber hears events of its workspace', async () => {
  const client = new TestClient(`${server.url.replace('http', 'ws')}/api/events/subscribe`, {
    isLegacy: true,
  });
  const texts: string[] = [];
  client.socket.removeAllListeners('message');
  client.socket.on('message', (data: Buffer) => texts.push(data.toString()));
  await expect.poll(() => client.socket.readyState).toBe(WebSocket.OPEN);
  await server.startKernel();
  await expect.poll(() => texts.length).toBe(1);
  expect(JSON.parse(texts[0]!)).toMatchObject({ action: 'start', kernel_name: 'python3', status: 'success' });
  client.socket.close();
});

test('tabs are told how their workspace came back, and that it is about to be suspended, late ones too', async () => {
  const open = async () => {
    const client = new TestClient(`${server.url.replace('http', 'ws')}/api/events/subscribe`, {
      isLegacy: true,
    });
    const heard: Record<string, unknown>[] = [];
    client.socket.removeAllListeners('message');
    client.socket.on('message', (data: Buffer) => heard.push(JSON.parse(data.toString())));
    await expect.poll(() => client.socket.readyState).toBe(WebSocket.OPEN);
    return { heard, close: () => client.socket.close() };
  };
  const { listener } = server.gateway;
  const early = await open();
  const missed = [{ rung: 'live', cause: 'gone', why: 'its place was needed' } as const];
  const report = { rung: 'memory', missed, steps: [], durationMs: 312, atMs: 1_000 } as const;
  listener.onResumed?.(server.workspaceId, { ...report, missed, steps: [] });
  await expect.poll(() => early.heard.length).toBe(1);
  const at = new Date(1_000).toISOString();
  const resume = { rung: 'memory', missed, steps: [], durationMs: 312, at };
  expect(resumedEventSchema.parse(early.heard[0])).toEqual({ schema_id: resumedEvent, resume });

  listener.onIdleSoon?.(server.workspaceId, 9_000);
  const suspendsAt = new Date(9_000).toISOString();
  const late = await open();
  await expect
    .poll(() => [...early.heard.slice(1), ...late.heard].map((one) => one.suspendsAt))
    .toEqual([suspendsAt, suspendsAt]);
  listener.onIdleSoon?.(server.workspaceId, null);
  await expect.poll(() => late.heard.slice(1).map((one) => one.suspendsAt)).toEqual([null]);
  expect(idleEventSchema.safeParse(late.heard[1]).success).toBe(true);
  const last = await open();
  listener.onResumed?.(server.workspaceId, { ...report, missed, steps: [] });
  await expect.poll(() => last.heard.map((one) => one.schema_id)).toEqual([idleEvent, resumedEvent]);
  expect(last.heard[0]).toMatchObject({ suspendsAt: null });
  for (const one of [early, late, last]) one.close();
});
