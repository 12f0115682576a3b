/** Real programs, real sandboxes on two hosts: images of memory at rest, and what is left of them when a host dies. */
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { imageKeys } from '../db/image-keys.ts';
import { workspaceRests } from '../db/rests.ts';
import { workspaces } from '../db/workspaces.ts';
import { scratchOf } from '../host/daemon/open-images.ts';
import { type CellClient, cellClient } from '../host/testing/cell-client.ts';
import { Scratch } from '../snapshots/scratch.ts';
import { type CellProcess, type HostProcess, startCellProcess } from '../testing/cell-process.ts';

let cell: CellProcess;
let user: CellClient;

beforeAll(async () => {
  // One place on each: whoever sleeps there is stored by the next sweep.
  cell = await startCellProcess({ CELLBOOK_SANDBOXES_MAX: '1' }, { hosts: ['test-1-a', 'test-1-b'] });
  user = cellClient(cell);
}, 120_000);
afterAll(async () => {
  await cell?.stop();
}, 120_000);

/** Made inside, so that it stands in memory and in no file, not even in IPython's history. */
const madeInside = 'import hashlib\nsecret = hashlib.sha256(b"planted").hexdigest()';
const secret = createHash('sha256').update('planted').digest('hex');

const objects = () => join(dirname(cell.dataDirectory), 'objects');
const restOf = async (id: string) => {
  const rows = await cell.database.database
    .select()
    .from(workspaceRests)
    .where(eq(workspaceRests.workspaceId, id));
  return rows[0];
};
const hostOf = async (id: string): Promise<HostProcess> => {
  const rest = await restOf(id);
  return cell.hosts.find(({ hostId }) => hostId === rest?.hostId)!;
};

/** Suspended, its image on its host and in the object store. */
async function asleep(code: string) {
  const id = await user.createWorkspace();
  const kernelId = await user.startKernel(id);
  await user.execute(id, kernelId, code);
  await sleep(id);
  return { id, kernelId };
}

async function sleep(id: string): Promise<void> {
  await user.call('POST', `/v1/workspaces/${id}/suspend`);
  await expect.poll(() => restOf(id), { timeout: 60_000 }).toMatchObject({ remote: true });
}

const lastResume = async (id: string) => (await user.call('GET', `/v1/workspaces/${id}`)).body.lastResume;

async function* filesBelow(directory: string): AsyncIterable<string> {
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true }))
    if (entry.isFile()) yield join(entry.parentPath, entry.name);
}

const chunksBelow = async (directory: string) => {
  const chunks: string[] = [];
  for await (const file of filesBelow(directory)) if (/\/[0-9a-f]{64}$/.test(file)) chunks.push(file);
  return chunks;
};

test('what was in memory is nowhere in the clear, and comes back on another host when its own is destroyed', async () => {
  const { id, kernelId } = await asleep(`${madeInside}\nx = 41\nlog = open("log.txt", "a")`);
  const host = await hostOf(id);
  expect((await chunksBelow(join(host.dataDirectory, 'host', 'images'))).length).toBeGreaterThan(10);
  expect((await chunksBelow(join(objects(), 'snapshots', id))).length).toBeGreaterThan(10);
  for (const directory of [...cell.hosts.map(({ dataDirectory }) => dataDirectory), objects()])
    for await (const file of filesBelow(directory))
      expect(`${file} ${(await readFile(file)).includes(secret)}`).toBe(`${file} false`);

  await host.end('SIGKILL');
  await new Scratch(scratchOf(join(host.dataDirectory, 'host'))).unmount();
  await rm(host.dataDirectory, { recursive: true });
  const goOn = 'x += 1\nprint(x, secret, log.write("more"), log.flush())';
  expect(await user.execute(id, kernelId, goOn)).toBe(`42 ${secret} 4 None\n`);
  expect(await lastResume(id)).toMatchObject({
    rung: 'memory-remote',
    missed: [{ rung: 'memory', cause: 'host_away' }, { rung: 'live' }],
  });
  const saved = await user.call('GET', `/w/${id}/api/contents/log.txt`);
  expect(saved.body).toMatchObject({ content: 'more' });
  await host.start();
  await sleep(id);
  await user.call('DELETE', `/v1/workspaces/${id}`);
}, 180_000);

test('an image damaged on its host comes from the object store; damaged in both, the workspace boots and says why', async () => {
  const { id, kernelId } = await asleep('x = 1');
  const local = join((await hostOf(id)).dataDirectory, 'host', 'images');
  const remote = join(objects(), 'snapshots', id);
  for (const chunk of await chunksBelow(local)) await writeFile(chunk, 'no chunk');
  expect(await user.execute(id, kernelId, 'x += 1\nprint(x)')).toBe('2\n');
  expect(await lastResume(id)).toMatchObject({
    rung: 'memory-remote',
    missed: [{ rung: 'memory', why: expect.stringContaining('damaged') }, { rung: 'live' }],
  });

  await sleep(id);
  for (const chunk of await chunksBelow(local)) await rm(chunk);
  for (const chunk of await chunksBelow(remote)) await writeFile(chunk, 'no chunk');
  await expect(user.execute(id, kernelId, 'x += 1')).rejects.toThrow(/variables are lost/);
  const anew = await user.startKernel(id);
  expect(await user.execute(id, anew, 'print("x" in dir())')).toBe('False\n');
  expect(await lastResume(id)).toMatchObject({
    rung: 'cold',
    missed: [
      { rung: 'memory', why: expect.stringContaining('missing') },
      { rung: 'memory-remote', why: expect.stringContaining('damaged') },
      ...[{ rung: 'live' }, { rung: 'files' }],
    ],
  });
  await sleep(id);
  await user.call('DELETE', `/v1/workspaces/${id}`);
}, 180_000);

test('the key, the image and its copy die with the workspace', async () => {
  const { id } = await asleep('x = 1');
  const host = await hostOf(id);
  const { database } = cell.database;
  const keys = () => database.select().from(imageKeys).where(eq(imageKeys.workspaceId, id));
  expect(await keys()).toHaveLength(1);
  await user.call('DELETE', `/v1/workspaces/${id}`);
  const row = eq(workspaces.id, workspaceIdSchema.parse(id));
  const phase = async () => (await database.select().from(workspaces).where(row))[0]?.phase;
  await expect.poll(phase, { timeout: 30_000 }).toBe('deleted');
  await expect.poll(keys, { timeout: 30_000 }).toEqual([]);
  expect(await chunksBelow(join(host.dataDirectory, 'host', 'images'))).toEqual([]);
  expect(await chunksBelow(join(objects(), 'snapshots', id)).catch(() => [])).toEqual([]);
}, 120_000);
