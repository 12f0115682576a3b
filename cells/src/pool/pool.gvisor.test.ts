/** Real programs, real sandboxes: a first kernel in a sandbox that was ready before anybody asked. */
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CellClient, cellClient } from '../host/testing/cell-client.ts';
import { sandboxTools } from '../sandbox/testing/tools.ts';
import { type CellProcess, startCellProcess } from '../testing/cell-process.ts';

let cell: CellProcess;
let user: CellClient;

beforeAll(async () => {
  // Named by what it is made of, it is made once for all runs; of six places a forecast has one kept ready at most.
  const golden = join(dirname(dirname(sandboxTools().imageDirectory)), 'golden');
  const settings = { CELLBOOK_SANDBOXES_MAX: '6', CELLBOOK_POOL: 'auto', CELLBOOK_GOLDEN_DIR: golden };
  cell = await startCellProcess(settings, { hosts: ['test-1-a'] });
  user = cellClient(cell);
}, 120_000);
afterAll(async () => {
  await cell?.stop();
}, 120_000);

async function untilReady(): Promise<void> {
  // One of a generation that a test has made up is still to be ended.
  const ready = async () =>
    (
      await cell.database.database
        .$client`select 1 from pool_members where state = 'ready' and generation <> 'another'`
    ).length;
  await expect.poll(ready, { timeout: 150_000, interval: 100 }).toBe(1);
  await expect.poll(async () => (await members()).length, { timeout: 150_000, interval: 100 }).toBe(1);
}

async function members(): Promise<string[]> {
  const rows = await cell.database.database.$client`select sandbox_id from pool_members order by 1`;
  return rows.map(({ sandbox_id }) => String(sandbox_id));
}

const lastResumeOf = async (id: string) => (await user.call('GET', `/v1/workspaces/${id}`)).body.lastResume;

test('a new workspace’s first kernel comes from the pool, with its files, and another is made ready', async () => {
  await untilReady();
  const id = await user.createWorkspace();
  await user.call('PUT', `/w/${id}/api/contents/mine.txt`, { type: 'file', format: 'text', content: 'mine' });
  const kernelId = await user.startKernel(id);
  const code =
    'import sys\nprint(open("mine.txt").read(), "pandas" in sys.modules, file=open("made.txt", "w"))\nprint(6 * 7)';
  expect(await user.execute(id, kernelId, code)).toBe('42\n');
  expect(await lastResumeOf(id)).toMatchObject({ rung: 'files' });
  const made = await user.call('GET', `/w/${id}/api/contents/made.txt`);
  expect(made.body).toMatchObject({ content: 'mine True\n' });
  await untilReady();
}, 240_000);

test('where none is ready a workspace boots all the same, and is told why', async () => {
  await untilReady();
  await cell.database.database.$client`update pool_members set generation = 'another'`;
  const id = await user.createWorkspace();
  const kernelId = await user.startKernel(id);
  expect(await user.execute(id, kernelId, 'print(1)')).toBe('1\n');
  const { rung, missed } = (await lastResumeOf(id)) as { rung: string; missed: object[] };
  expect(rung).toBe('cold');
  expect(missed).toContainEqual({ rung: 'files', cause: 'gone', why: 'no sandbox is ready on its host' });
}, 240_000);

test('what is ready outlives its controller, and not its host: what that left is claimed by nobody', async () => {
  await untilReady();
  const before = await members();
  await cell.restart('SIGKILL');
  expect(await members()).toEqual(before);
  await cell.hosts[0]?.restart('SIGKILL');
  const renewed = async () => {
    const now = await members();
    return now.length === 1 && now[0] !== before[0];
  };
  await expect.poll(renewed, { timeout: 150_000, interval: 100 }).toBe(true);
  await untilReady();
  const id = await user.createWorkspace();
  const kernelId = await user.startKernel(id);
  expect(await user.execute(id, kernelId, 'print(2)')).toBe('2\n');
  expect(await lastResumeOf(id)).toMatchObject({ rung: 'files' });
}, 240_000);
