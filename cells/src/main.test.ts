import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type CellProcess, startCellProcess } from './testing/cell-process.ts';

let cell: CellProcess;
beforeAll(async () => {
  cell = await startCellProcess();
}, 120_000);
afterAll(async () => {
  await cell?.stop();
}, 60_000);

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${cell.url}${path}`, {
    method,
    headers: {
      ...(await cell.headers()),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}

async function createWorkspace(): Promise<string> {
  const made = await call(
    'POST',
    '/v1/workspaces',
    { name: 'a story' },
    { 'idempotency-key': crypto.randomUUID() },
  );
  expect(made).toMatchObject({ status: 201, body: { phase: 'suspended', name: 'a story' } });
  return made.body.id;
}

async function startKernel(workspaceId: string): Promise<string> {
  const started = await call('POST', `/w/${workspaceId}/api/kernels`, { name: 'python3' });
  expect(started.status, JSON.stringify(started.body)).toBe(201);
  return started.body.id;
}

/** Runs code over the kernel's real socket and gives what it printed. */
async function execute(workspaceId: string, kernelId: string, code: string): Promise<string> {
  const url = `${cell.url.replace('http', 'ws')}/w/${workspaceId}/api/kernels/${kernelId}/channels?session_id=s`;
  const socket = new WebSocket(url, { headers: await cell.headers() });
  const messageId = crypto.randomUUID();
  try {
    return await new Promise<string>((resolve, reject) => {
      let printed = '';
      socket.on('error', reject);
      socket.on('close', (code) => reject(new Error(`the socket closed with ${code}`)));
      socket.on('open', () => {
        const header = {
          msg_id: messageId,
          msg_type: 'execute_request',
          session: 's',
          username: '',
          version: '5.3',
        };
        const content = { code, silent: false, store_history: true, allow_stdin: false, stop_on_error: true };
        socket.send(JSON.stringify({ channel: 'shell', header, parent_header: {}, metadata: {}, content }));
      });
      socket.on('message', (data) => {
        const message = JSON.parse(data.toString());
        if (message.parent_header?.msg_id !== messageId) return;
        if (message.msg_type === 'stream') printed += message.content.text;
        if (message.msg_type === 'error') reject(new Error(message.content.evalue));
        if (message.msg_type === 'execute_reply') resolve(printed);
      });
    });
  } finally {
    socket.removeAllListeners('close');
    socket.terminate();
  }
}

async function untilPhase(workspaceId: string, phase: string): Promise<void> {
  const read = async () => (await call('GET', `/v1/workspaces/${workspaceId}`)).body.phase;
  await expect.poll(read, { timeout: 60_000, interval: 50 }).toBe(phase);
}

test('a workspace runs a cell, is suspended and resumed, keeps its files, and is deleted', async () => {
  const id = await createWorkspace();
  const kernelId = await startKernel(id);
  await untilPhase(id, 'running');
  expect(await execute(id, kernelId, 'open("made.txt", "w").write("by code"); print(6 * 7)')).toBe('42\n');

  await call('POST', `/v1/workspaces/${id}/suspend`);
  await untilPhase(id, 'suspended');
  const stored = await call('GET', `/w/${id}/api/contents/made.txt`);
  expect(stored.body).toMatchObject({ content: 'by code' });
  await untilPhase(id, 'suspended');

  expect(await execute(id, kernelId, 'print(open("made.txt").read())')).toBe('by code\n');
  expect((await call('GET', `/v1/workspaces/${id}`)).body).toMatchObject({
    phase: 'running',
    lastRung: 'cold',
  });

  await call('DELETE', `/v1/workspaces/${id}`);
  await untilPhase(id, 'deleted');
  const steps = await call('GET', `/v1/workspaces/${id}/transitions?limit=200`);
  const done = steps.body.transitions.filter((entry: { kind: string }) => entry.kind === 'outcome');
  expect(done.every((entry: { outcome: string }) => entry.outcome === 'ok')).toBe(true);
}, 180_000);
