/** Real programs, real sandboxes: what a suspended workspace comes back with, by each rung that keeps memory. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CellClient, cellClient } from '../host/testing/cell-client.ts';
import { type CellProcess, startCellProcess } from '../testing/cell-process.ts';

let cell: CellProcess;
let user: CellClient;

beforeAll(async () => {
  // Two places, one of which is kept free: whoever sleeps alone stays frozen, however slow the machine.
  cell = await startCellProcess({ CELLBOOK_SANDBOXES_MAX: '2' }, { hosts: ['test-1-a'] });
  user = cellClient(cell);
}, 120_000);
afterAll(async () => {
  await cell?.stop();
}, 120_000);

async function workspaceWithVariables() {
  const id = await user.createWorkspace();
  const kernelId = await user.startKernel(id);
  await user.execute(
    id,
    kernelId,
    'import os, threading\nx = 41\nlog = open("log.txt", "a")\npid = os.getpid()',
  );
  return { id, kernelId };
}

async function suspend(id: string): Promise<void> {
  const { status } = await user.call('POST', `/v1/workspaces/${id}/suspend`);
  expect(status).toBeLessThan(300);
  await user.untilPhase(id, 'suspended');
}

const rungOf = async (id: string) => (await user.call('GET', `/v1/workspaces/${id}`)).body.lastRung;
const keptOf = async (id: string) => (await user.call('GET', `/v1/workspaces/${id}`)).body.kept;
const goOn = 'x += 1\nprint(x, os.getpid() == pid, log.write("more"), log.flush())';

test('one that was suspended a moment ago thaws, with its variables and open files', async () => {
  const { id, kernelId } = await workspaceWithVariables();
  await suspend(id);
  expect(await user.execute(id, kernelId, goOn)).toBe('42 True 4 None\n');
  expect(await rungOf(id)).toBe('live');
  await suspend(id);
  expect(await user.execute(id, kernelId, goOn)).toBe('43 True 4 None\n');
  await suspend(id);
}, 120_000);

test('a sleeping workspace makes room for another, and comes back from its image', async () => {
  const one = await workspaceWithVariables();
  const session = { path: 'n.ipynb', name: 'n.ipynb', type: 'notebook', kernel: { id: one.kernelId } };
  const { body: begun } = await user.call('POST', `/w/${one.id}/api/sessions`, session);
  await suspend(one.id);
  // The second of them needs the place in which it sleeps.
  const others = [await workspaceWithVariables(), await workspaceWithVariables()];
  for (const other of others) await suspend(other.id);
  expect(await user.execute(one.id, one.kernelId, goOn)).toBe('42 True 4 None\n');
  expect(await rungOf(one.id)).toBe('memory');
  // The notebook's session is the one it was, on the kernel that it was on.
  expect((await user.call('GET', `/w/${one.id}/api/sessions`)).body).toMatchObject([
    { id: begun.id, path: 'n.ipynb', kernel: { id: one.kernelId } },
  ]);
  const saved = await user.call('GET', `/w/${one.id}/api/contents/log.txt`);
  expect(saved.body).toMatchObject({ content: 'more' });
  await suspend(one.id);
}, 120_000);

test.each(['live', 'memory'])(
  'a cell that runs when its workspace is suspended goes on after %s',
  async (rung) => {
    const { id, kernelId } = await workspaceWithVariables();
    const lines = 40;
    const code = `import time\nfor i in range(${lines}):\n    print(i, flush=True)\n    time.sleep(0.1)`;
    const running = user.follow(id, kernelId, code);
    await expect.poll(() => running.printed(), { timeout: 30_000 }).toContain('5\n');
    await suspend(id);
    expect(running.printed()).not.toContain(`${lines - 1}\n`);
    if (rung === 'memory') {
      const other = await workspaceWithVariables();
      await expect.poll(() => keptOf(id), { timeout: 60_000 }).toBe('memory');
      await suspend(other.id);
    }
    await user.call('POST', `/v1/workspaces/${id}/resume`);
    expect(await running.finished).toBe(Array.from({ length: lines }, (_, line) => `${line}\n`).join(''));
    running.close();
    expect(await rungOf(id)).toBe(rung);
    await suspend(id);
  },
  120_000,
);
