/** Sockets held by objects of the edge: a workspace that sleeps costs its cell no connection. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { execute, type JupyterClient, jupyterClient } from '../client/jupyter.ts';
import { targetsOf } from '../monitoring/targets.ts';
import { scrape } from '../monitoring/testing/scrape.ts';
import { useTestPlatform } from './test-platform.ts';
import { newUser, type TestUser } from './user.ts';

const platform = useTestPlatform();
/** The runtime keeps an object in memory for ten seconds after the last it was asked. */
const objectStaysMs = 12_000;
let user: TestUser;
let workspaceId: WorkspaceId;
let jupyter: JupyterClient;

beforeAll(async () => {
  // The library tells each socket it opens.
  console.debug = () => undefined;
  const { url } = platform();
  user = await newUser(url);
  workspaceId = (await user.createWorkspace()).id;
  jupyter = jupyterClient(url, workspaceId, user.token);
});
afterAll(() => jupyter?.dispose());

it('a suspend leaves its cell no socket; the open one goes on with its variables, and hears what comes by itself', async () => {
  const kernel = await jupyter.kernels.startNew({ name: 'python3' });
  await execute(kernel, 'import time; kept = 6');
  const changes: string[] = [];
  kernel.connectionStatusChanged.connect((_kernel, status) => changes.push(status));

  await suspendWithoutSockets();
  // As whoever is away: by then the object is no longer in the edge's memory.
  await sleep(objectStaysMs);
  expect((await execute(kernel, 'kept * 7')).value).toBe('42');

  const begun = vi.fn();
  kernel.iopubMessage.connect((_kernel, { header }) => void (header.msg_type === 'stream' && begun()));
  const running = execute(kernel, 'print("begun")\ntime.sleep(2)\nprint("done"); kept + 1');
  await vi.waitFor(() => expect(begun).toHaveBeenCalled(), { timeout: 30_000 });
  await suspendWithoutSockets();
  await user.workspaces.resume(workspaceId);
  expect(await running).toEqual({ status: 'ok', text: 'begun\ndone\n', value: '7' });
  expect(changes).toEqual([]);
  await kernel.shutdown();
});

/** Suspends the workspace, and waits until nobody holds a connection to its cell. */
async function suspendWithoutSockets(): Promise<void> {
  await user.workspaces.suspend(workspaceId);
  await user.workspaces.reaches(workspaceId, 'suspended');
  const { home, url, cells } = platform();
  const [cell] = targetsOf(home, cells, Number(new URL(url).port)).filter(
    ({ job }) => job === 'cellbook-cell',
  );
  if (!cell) throw new Error('the platform has no cell');
  const saysNone = async () => /^cellbook_cell_sockets(\{.*\})? 0$/m.test(await scrape(cell));
  await expect.poll(saysNone, { timeout: 60_000, interval: 200 }).toBe(true);
}
