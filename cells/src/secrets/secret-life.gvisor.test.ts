/**
 * A secret's whole life in a real cell with real sandboxes, and then the search for it in everything that is
 * left: files of the cell and its host, objects, every table of the database, logs, and what the API answered.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type CellProcess, startCellProcess } from '../testing/cell-process.ts';
import { eventually } from '../testing/eventually.ts';
import { makeMasterKeys } from './master-keys.ts';

const run = promisify(execFile);
/** Of letters alone, so that it looks the same in JSON, in a URL and in a log. */
const drawSentinel = () => `sentinel${systemRandom.uuid().replaceAll('-', '').replaceAll(/\d/g, 'g')}`;
const sentinels = {
  own: drawSentinel(),
  changed: drawSentinel(),
  shared: drawSentinel(),
  refused: drawSentinel(),
};

/** Daemons of its own where the environment names them; the cell itself is the host otherwise. */
const hostIds = (process.env.CELLBOOK_TEST_HOSTS ?? '').split(',').filter((name) => name !== '');

let keysDirectory: string;
let cell: CellProcess;
const answers: string[] = [];
beforeAll(async () => {
  keysDirectory = await mkdtemp(join(tmpdir(), 'cellbook-secret-keys-'));
  const keysFile = join(keysDirectory, 'secrets.jwks.json');
  await makeMasterKeys(keysFile, systemRandom);
  cell = await startCellProcess(
    { CELLBOOK_SECRET_KEYS: keysFile, CELLBOOK_LOG_LEVEL: 'debug' },
    { hosts: hostIds },
  );
}, 120_000);
afterAll(async () => {
  await cell?.stop();
  await rm(keysDirectory, { recursive: true, force: true });
}, 60_000);

async function call(method: string, path: string, body?: unknown, claims: Record<string, unknown> = {}) {
  const response = await fetch(`${cell.url}${path}`, {
    method,
    headers: {
      ...(await cell.headers(claims)),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(method === 'POST' ? { 'idempotency-key': systemRandom.uuid() } : {}),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  answers.push(JSON.stringify([...response.headers]), text);
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}

/** Runs code in a kernel and gives what it printed. What the kernel prints is the user's, and not kept here. */
async function execute(workspaceId: string, kernelId: string, code: string): Promise<string> {
  const url = `${cell.url.replace('http', 'ws')}/w/${workspaceId}/api/kernels/${kernelId}/channels?session_id=s`;
  const socket = new WebSocket(url, { headers: await cell.headers() });
  const header = {
    msg_id: systemRandom.uuid(),
    msg_type: 'execute_request',
    session: 's',
    username: '',
    version: '5.3',
  };
  const request = {
    channel: 'shell',
    header,
    parent_header: {},
    metadata: {},
    content: { code, silent: false },
  };
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let printed = '';
  socket.on('error', reject);
  socket.on('open', () => socket.send(JSON.stringify({ ...request, buffers: [] })));
  socket.on('message', (data) => {
    const message = JSON.parse(String(data));
    if (message.parent_header?.msg_id !== header.msg_id) return;
    if (message.msg_type === 'stream') printed += message.content.text;
    if (message.msg_type === 'error') reject(new Error(message.content.evalue));
    // Its reply comes on another channel, and may overtake what it printed.
    if (message.msg_type === 'status' && message.content.execution_state === 'idle') resolve(printed);
  });
  try {
    return await promise;
  } finally {
    socket.terminate();
  }
}

const show = 'import os; print(os.environ.get("MY_TOKEN"), os.environ.get("SHARED"))';

async function untilPhase(id: string, phase: string): Promise<void> {
  await eventually(async () => (await call('GET', `/v1/workspaces/${id}`)).body.phase).toBe(phase);
}

test('is given to kernels and terminals, changes with the next start, and is found nowhere but in them', async () => {
  const admin = { role: 'admin' };
  expect((await call('PUT', '/v1/secrets/MY_TOKEN', { value: sentinels.own })).status).toBe(200);
  expect((await call('PUT', '/v1/org/secrets/SHARED', { value: sentinels.shared }, admin)).status).toBe(200);
  await call('PUT', '/v1/secrets/BROKEN', `{"value": "${sentinels.refused}`);
  await call('PUT', '/v1/secrets/PATH', { value: sentinels.refused });
  await call('PUT', '/v1/secrets/LIST', { value: [sentinels.refused] });

  const { body: workspace } = await call('POST', '/v1/workspaces', { name: 'with a secret' });
  const { id } = workspace;
  const { body: kernel } = await call('POST', `/w/${id}/api/kernels`, { name: 'python3' });
  expect(await execute(id, kernel.id, show)).toBe(`${sentinels.own} ${sentinels.shared}\n`);

  // A change reaches the running sandbox: not this kernel, but what is started from now on.
  const changed = await call('PUT', '/v1/secrets/MY_TOKEN', { value: sentinels.changed });
  expect(changed.body).toMatchObject({ sandboxesUpdated: 1, sandboxesMissed: 0 });
  expect(await execute(id, kernel.id, show)).toContain(sentinels.own);
  const { body: later } = await call('POST', `/w/${id}/api/kernels`, { name: 'python3' });
  expect(await execute(id, later.id, show)).toBe(`${sentinels.changed} ${sentinels.shared}\n`);
  await call('POST', `/w/${id}/api/kernels/${kernel.id}/restart`);
  expect(await execute(id, kernel.id, show)).toContain(sentinels.changed);

  await searchEverywhere('while it runs');
  await call('POST', `/v1/workspaces/${id}/suspend`);
  await untilPhase(id, 'suspended');
  await searchEverywhere('suspended');

  // Resumed, it has what it has now: one that was removed meanwhile is gone.
  expect((await call('DELETE', '/v1/org/secrets/SHARED', undefined, admin)).body.removed).toBe(true);
  expect(await execute(id, kernel.id, show)).toBe(`${sentinels.changed} None\n`);
  await call('GET', '/v1/secrets');
  await call('GET', `/v1/workspaces/${id}/transitions?limit=200`);

  // Killed and started again, the cell gives them to the next sandbox, and tells it of changes.
  await cell.restart('SIGKILL');
  await searchEverywhere('after the cell was killed');
  expect(await execute(id, kernel.id, show)).toBe(`${sentinels.changed} None\n`);
  const told = await call('PUT', '/v1/secrets/MY_TOKEN', { value: sentinels.own });
  expect(told.body).toMatchObject({ sandboxesUpdated: 1, sandboxesMissed: 0 });
  await call('POST', `/w/${id}/api/kernels/${kernel.id}/restart`);

  // What the user's own code writes into his files is there, which shows that the search finds what there is.
  const write =
    'import os\nwith open("mine.txt", "w") as f: f.write(os.environ["MY_TOKEN"]); f.flush(); os.fsync(f.fileno())';
  await execute(id, kernel.id, write);
  expect(await filesWith([sentinels.own])).not.toEqual([]);
  await call('DELETE', `/v1/workspaces/${id}`);
  await untilPhase(id, 'deleted');
}, 240_000);

/** All forms in one go: each look goes through every file of the cell and every process of the machine. */
async function searchEverywhere(moment: string): Promise<void> {
  const database = await tablesAsText();
  expect(database, 'the search looks at real rows').toContain('MY_TOKEN');
  const forms = Object.values(sentinels).flatMap(formsOf);
  const inText = (text: string) => forms.filter((form) => text.includes(form));
  expect(inText(answers.join('\n')), `${moment}: in an answer of the API`).toEqual([]);
  expect(inText(logs()), `${moment}: in the log`).toEqual([]);
  expect(inText(database), `${moment}: in the database`).toEqual([]);
  expect(await filesWith(forms), `${moment}: in files`).toEqual([]);
  expect(await processesWith(forms), `${moment}: in a process of the host`).toEqual([]);
}

const logs = () => [cell, ...cell.hosts].map((program) => program.log()).join('\n');

/** Arguments and environments, which others on the machine may read. */
async function processesWith(forms: readonly string[]): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const shown = pids.flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]);
  const texts = await Promise.all(shown.map((file) => readFile(file, 'latin1').catch(() => '')));
  // The search's own grep is over by now, and this process never had it.
  return shown.filter((_file, index) => forms.some((form) => texts[index]?.includes(form)));
}

/** As it is, and as base64 of it at each of the three offsets it can have in a longer text. */
function formsOf(sentinel: string): string[] {
  const encoded = [0, 1, 2].map((offset) => {
    const text = Buffer.from('x'.repeat(offset) + sentinel).toString('base64');
    return text.slice(4, -4);
  });
  return [sentinel, ...encoded, Buffer.from(sentinel).toString('hex')];
}

/** Everything of the cell on this machine: data directory (homes, bundles, records), objects. */
async function filesWith(forms: readonly string[]): Promise<string[]> {
  const patterns = forms.flatMap((form) => ['-e', form]);
  const argv = ['-rlaF', '--devices=skip', ...patterns, dirname(cell.dataDirectory), keysDirectory];
  const found = await run('grep', argv, { maxBuffer: 8 * 1024 * 1024 }).catch((error: unknown) => {
    const isNone = error instanceof Error && 'code' in error && error.code === 1;
    if (isNone || (error instanceof Error && 'stdout' in error && error.stdout === '')) return { stdout: '' };
    throw error;
  });
  return found.stdout.split('\n').filter((line) => line !== '');
}

async function tablesAsText(): Promise<string> {
  const { $client: sql } = cell.database.database;
  const tables = await sql<{ schema: string; name: string }[]>`
    select table_schema as schema, table_name as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`;
  const dumps = tables.map(
    ({ schema, name }) => sql`select row_to_json(t)::text as row from ${sql(schema)}.${sql(name)} t`,
  );
  return (await Promise.all(dumps))
    .flat()
    .map(({ row }) => String(row))
    .join('\n');
}
