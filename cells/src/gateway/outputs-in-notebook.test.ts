/** The whole cell as a process, on gVisor: what a closed tab’s cell prints is in the file, and stays there. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type CellProcess, startCellProcess } from '../testing/cell-process.ts';
import { v1Subprotocol } from './frames/v1-frame.ts';
import { frameOf, heard } from './testing/messages.ts';

let cell: CellProcess;
beforeAll(async () => {
  cell = await startCellProcess();
}, 120_000);
afterAll(() => cell?.stop(), 60_000);

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${cell.url}${path}`, {
    method,
    headers: { ...(await cell.headers()), 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}

test('a tab opened later finds every line once, also after a suspend and without waking anything', async () => {
  const made = await call(
    'POST',
    '/v1/workspaces',
    { name: 'n' },
    { 'idempotency-key': crypto.randomUUID() },
  );
  const base = `/w/${made.body.id}`;
  const code = 'import time\nfor i in range(40):\n    print(i, flush=True)\n    time.sleep(0.05)\n"end"';
  const notebook = {
    cells: [{ cell_type: 'code', id: 'c1', metadata: {}, source: code, outputs: [], execution_count: null }],
    metadata: {},
    nbformat: 4,
    nbformat_minor: 5,
  };
  const saved = await call('PUT', `${base}/api/contents/dir.ipynb`, {
    type: 'notebook',
    format: 'json',
    content: notebook,
  });
  expect(saved.status).toBe(201);
  const session = await call('POST', `${base}/api/sessions`, {
    path: 'dir.ipynb',
    type: 'notebook',
    name: '',
    kernel: { name: 'python3' },
  });
  expect(session.status, JSON.stringify(session.body)).toBe(201);

  const url = `${cell.url.replace('http', 'ws')}${base}/api/kernels/${session.body.kernel.id}/channels?session_id=tab`;
  const tab = new WebSocket(url, v1Subprotocol, { headers: await cell.headers() });
  const lines: string[] = [];
  tab.on('message', (data: Buffer) => {
    const message = heard(data);
    if (message.msgType === 'stream') lines.push(String(message.content.text));
  });
  await new Promise((resolve, reject) => tab.once('open', resolve).once('error', reject));
  tab.send(
    frameOf({
      msgType: 'execute_request',
      session: 'tab',
      metadata: { cellId: 'c1' },
      content: { code, silent: false, store_history: true },
    }),
  );
  await expect.poll(() => lines.join(''), { timeout: 20_000 }).toContain('3\n');
  tab.close(1001);

  const outputs = async () =>
    (await call('GET', `${base}/api/contents/dir.ipynb`)).body.content.cells[0].outputs;
  const whole = [
    {
      output_type: 'stream',
      name: 'stdout',
      text: Array.from({ length: 40 }, (_, line) => `${line}\n`).join(''),
    },
    { output_type: 'execute_result', execution_count: 1, metadata: {}, data: { 'text/plain': "'end'" } },
  ];
  await expect.poll(outputs, { timeout: 20_000 }).toEqual(whole);

  const suspended = await call('POST', `/v1/workspaces/${made.body.id}/suspend`, undefined, {
    'idempotency-key': crypto.randomUUID(),
  });
  expect(suspended.status).toBeLessThan(300);
  const phase = async () => (await call('GET', `/v1/workspaces/${made.body.id}`)).body.phase;
  await expect.poll(phase, { timeout: 20_000 }).toBe('suspended');
  expect(await outputs()).toEqual(whole);
  expect((await call('GET', `${base}/api/sessions`)).body).toMatchObject([
    { path: 'dir.ipynb', kernel: { execution_state: 'idle' } },
  ]);
  expect(await phase()).toBe('suspended');
}, 90_000);
