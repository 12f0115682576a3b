/** Real programs, real sandboxes on two hosts: one is taken out of service, and what was there goes on at the other. */
import { workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workspaceRests } from '../db/rests.ts';
import { workspaces } from '../db/workspaces.ts';
import { type CellClient, cellClient } from '../host/testing/cell-client.ts';
import { type CellProcess, type HostProcess, startCellProcess } from '../testing/cell-process.ts';

let cell: CellProcess;
let user: CellClient;
let drained: HostProcess;

beforeAll(async () => {
  cell = await startCellProcess({ CELLBOOK_SANDBOXES_MAX: '5' }, { hosts: ['test-1-a', 'test-1-b'] });
  user = cellClient(cell);
}, 120_000);
afterAll(async () => {
  await cell?.stop();
}, 120_000);

async function run(code: string) {
  const id = await user.createWorkspace();
  const kernelId = await user.startKernel(id);
  await user.execute(id, kernelId, code);
  return { id, kernelId };
}

const restOf = async (id: string) => {
  const { database } = cell.database;
  const rows = await database.select().from(workspaceRests).where(eq(workspaceRests.workspaceId, id));
  return rows[0];
};
const hostOf = async (id: string) => {
  const { database } = cell.database;
  const rows = await database
    .select()
    .from(workspaces)
    .where(eq(workspaces.id, workspaceIdSchema.parse(id)));
  return rows[0]?.hostId ?? (await restOf(id))?.hostId;
};
const kernelState = async ({ id, kernelId }: { id: string; kernelId: string }) =>
  (await user.call('GET', `/w/${id}/api/kernels/${kernelId}`)).body.execution_state;
const workspace = async (id: string) => (await user.call('GET', `/v1/workspaces/${id}`)).body;

test('a host that drains sends what is idle away with its memory at once, and lets what computes finish first', async () => {
  const busy = await run('import os, time\nx = "busy"');
  const busyAt = await hostOf(busy.id);
  drained = cell.hosts.find(({ hostId }) => hostId === busyAt)!;
  // Each goes where most is free: of three one at least comes to be beside the busy one.
  const others = [await run('x = "idle"'), await run('x = "idle"'), await run('x = "idle"')];
  const hosts = await Promise.all(others.map(({ id }) => hostOf(id)));
  const idle = others[hosts.indexOf(busyAt)]!;
  const untilTold = 'while not os.path.exists("go"): time.sleep(0.05)\nprint("to the end")';
  const computing = user.follow(busy.id, busy.kernelId, untilTold);
  await expect.poll(() => kernelState(busy)).toBe('busy');

  const ended = drained.end('SIGUSR2');
  await expect.poll(() => restOf(idle.id), { timeout: 60_000 }).toMatchObject({ remote: true });
  expect(await workspace(busy.id)).toMatchObject({ phase: 'running' });
  await user.call('PUT', `/w/${busy.id}/api/contents/go`, { type: 'file', format: 'text', content: '' });
  expect(await computing.finished.finally(computing.close)).toBe('to the end\n');
  await ended;
  expect(await restOf(busy.id)).toMatchObject({ remote: true });

  for (const [name, { id, kernelId }] of Object.entries({ idle, busy })) {
    expect(await user.execute(id, kernelId, 'print(x)')).toBe(`${name}\n`);
    const { lastResume } = await workspace(id);
    expect(lastResume).toMatchObject({
      rung: 'memory-remote',
      missed: [{ cause: 'host_away' }, { rung: 'live' }],
    });
  }
  for (const { id } of [busy, ...others]) await user.call('DELETE', `/v1/workspaces/${id}`);
}, 180_000);
