import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostIdSchema, newWorkspaceId, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWorkspaceVolumes } from './create-workspace-volumes.ts';
import type { FileTree } from './file-tree.ts';
import { startTestHost, type TestHost } from './test-volumes.ts';

const { signal } = new AbortController();
let host: TestHost;
let elsewhere: TestHost;
let id: WorkspaceId;

beforeEach(async () => {
  host = await startTestHost();
  elsewhere = await startTestHost({ ...shared(host), host: hostIdSchema.parse('eu-1-b') });
  id = newWorkspaceId(systemRandom);
  await host.volumes.create(id);
});
afterEach(async () => {
  await host.close();
  await elsewhere.close();
});

const shared = ({ parts: { manifests, objects } }: TestHost) => ({ manifests, objects });
const text = async (tree: FileTree, ...path: string[]) => (await tree.read(path)).toString();
const write = (tree: FileTree, path: string[], body: string) => tree.write(path, Buffer.from(body));

/** What is stored, as another host sees it. */
async function names(on: TestHost): Promise<string[]> {
  return (await (await on.volumes.files(id)).list([])).map(({ name }) => name).sort();
}

async function attach(on: TestHost, epoch: number): Promise<{ directory: string; tree: FileTree }> {
  const { directory } = await on.volumes.attach(id, epoch, signal);
  return { directory, tree: await on.volumes.files(id) };
}

test('created twice at once, it is there once, also where its owner comes before the second is done', async () => {
  id = newWorkspaceId(systemRandom);
  const { manifests } = host.parts;
  const late = createWorkspaceVolumes({
    ...host.parts,
    manifests: {
      ...manifests,
      async create(workspaceId, volumeId) {
        const row = await manifests.create(workspaceId, volumeId);
        if (row.root === null) {
          await host.volumes.create(workspaceId);
          await write((await attach(elsewhere, 1)).tree, ['a.txt'], 'kept');
        }
        return row;
      },
    },
  });
  await late.create(id);
  expect(await names(elsewhere)).toEqual(['a.txt']);
});

test('a save while suspended is there when the workspace is live, and the other way round', async () => {
  const stored = await host.volumes.files(id);
  await write(stored, ['a.txt'], 'one');
  const { directory, tree } = await attach(host, 1);
  expect(await readFile(join(directory, 'a.txt'), 'utf8')).toBe('one');
  await write(tree, ['b.txt'], 'two');
  await writeFile(join(directory, 'c.txt'), 'three');
  expect(await text(tree, 'c.txt')).toBe('three');
  await host.volumes.flush(id, 1, signal);
  await host.volumes.detach(id, 1);
  expect(await text(tree, 'a.txt')).toBe('one');
  expect(await text(tree, 'b.txt')).toBe('two');
  expect(await text(tree, 'c.txt')).toBe('three');
  expect((await tree.list([])).map(({ name }) => name).sort()).toEqual(['a.txt', 'b.txt', 'c.txt']);
});

test('what a save acknowledged survives the loss of the host right after it', async () => {
  const { directory, tree } = await attach(host, 1);
  await mkdir(join(directory, 'made by code'));
  await write(tree, ['made by code', 'a.txt'], 'kept');
  await rm(host.hostDirectory, { recursive: true });
  expect(await text((await attach(elsewhere, 2)).tree, 'made by code', 'a.txt')).toBe('kept');
});

test('an older owner is refused everywhere once a newer one has attached', async () => {
  const { tree } = await attach(host, 1);
  await attach(elsewhere, 2);
  const stale = { code: 'stale_epoch' };
  await expect(write(tree, ['a.txt'], 'late')).rejects.toMatchObject(stale);
  await expect(host.volumes.flush(id, 1, signal)).rejects.toMatchObject(stale);
  await expect(host.volumes.attach(id, 1, signal)).rejects.toMatchObject(stale);
  await expect(host.volumes.detach(id, 1)).rejects.toMatchObject(stale);
  expect(await (await elsewhere.volumes.files(id)).stat(['a.txt'])).toBeNull();
});

test('attaching twice under one epoch gives the same directory and keeps what code wrote', async () => {
  const { directory } = await attach(host, 1);
  await writeFile(join(directory, 'a.txt'), 'mine');
  expect((await attach(host, 1)).directory).toBe(directory);
  expect(await readFile(join(directory, 'a.txt'), 'utf8')).toBe('mine');
});

test('a cell that crashed finds what code wrote last in the directory it left', async () => {
  const { directory } = await attach(host, 1);
  await writeFile(join(directory, 'a.txt'), 'last words');
  const again = await startTestHost({ ...shared(host), hostDirectory: host.hostDirectory });
  expect(await text(await again.volumes.files(id), 'a.txt')).toBe('last words');
  await again.volumes.attach(id, 2, signal);
  await rm(host.hostDirectory, { recursive: true });
  expect(await text((await attach(elsewhere, 3)).tree, 'a.txt')).toBe('last words');
  await again.close();
});

test('a cell that crashed and whose directory is gone goes on from what is stored', async () => {
  const { directory, tree } = await attach(host, 1);
  await write(tree, ['a.txt'], 'kept');
  await rm(directory, { recursive: true });
  const again = await startTestHost({ ...shared(host), hostDirectory: host.hostDirectory });
  const there = await again.volumes.files(id);
  expect(await text(there, 'a.txt')).toBe('kept');
  await write(there, ['b.txt'], 'more');
  const { directory: filled } = await again.volumes.attach(id, 2, signal);
  expect(await readFile(join(filled, 'b.txt'), 'utf8')).toBe('more');
  await again.close();
});

test('after a restart of the host its directory is not believed over what was acknowledged', async () => {
  const { directory, tree } = await attach(host, 1);
  await write(tree, ['a.txt'], 'acknowledged');
  // What a power cut can leave of a file that was never fsynced.
  await writeFile(join(directory, 'a.txt'), '');
  const marker = join(host.hostDirectory, 'markers', `${id}.json`);
  await writeFile(marker, (await readFile(marker, 'utf8')).replace(/"bootId":"[^"]*"/, '"bootId":"earlier"'));
  const again = await startTestHost({ ...shared(host), hostDirectory: host.hostDirectory });
  expect(await text(await again.volumes.files(id), 'a.txt')).toBe('acknowledged');
  const { directory: filled } = await again.volumes.attach(id, 2, signal);
  expect(await readFile(join(filled, 'a.txt'), 'utf8')).toBe('acknowledged');
  await again.close();
});

test('a deletion by code is believed only when a second round misses the file too', async () => {
  const { directory, tree } = await attach(host, 1);
  await write(tree, ['a.txt'], 'kept');
  await write(tree, ['b.txt'], 'kept');
  execFileSync('sh', ['-c', `rm -rf ${directory}/*`]);
  await host.volumes.sync(id, signal);
  expect(await names(elsewhere)).toEqual(['a.txt', 'b.txt']);
  await rm(directory, { recursive: true });
  await host.volumes.sync(id, signal);
  expect(await names(elsewhere)).toEqual(['a.txt', 'b.txt']);
});

test('a directory that is gone altogether is served from what is stored', async () => {
  const { directory, tree } = await attach(host, 1);
  await write(tree, ['a.txt'], 'kept');
  await rm(directory, { recursive: true });
  expect((await tree.list([])).map(({ name }) => name)).toEqual(['a.txt']);
  expect(await text(tree, 'a.txt')).toBe('kept');
  await write(tree, ['b.txt'], 'more');
  await host.volumes.flush(id, 1, signal);
  const { directory: fresh } = await attach(host, 2);
  expect(await readFile(join(fresh, 'b.txt'), 'utf8')).toBe('more');
});

test('what code deletes is gone after a suspend', async () => {
  const { directory, tree } = await attach(host, 1);
  await write(tree, ['a.txt'], 'x');
  await rm(join(directory, 'a.txt'));
  await host.volumes.flush(id, 1, signal);
  await host.volumes.detach(id, 1);
  expect(await tree.stat(['a.txt'])).toBeNull();
});

test('links are followed within the workspace and refused out of it', async () => {
  const { directory, tree } = await attach(host, 1);
  await write(tree, ['a.txt'], 'inside');
  await symlink('a.txt', join(directory, 'near'));
  await symlink('/home/user/a.txt', join(directory, 'absolute'));
  await symlink('/etc/passwd', join(directory, 'far'));
  await symlink('../../../../etc', join(directory, 'up'));
  await symlink('loop', join(directory, 'loop'));
  expect(await text(tree, 'near')).toBe('inside');
  expect(await text(tree, 'absolute')).toBe('inside');
  for (const path of [['far'], ['up', 'passwd'], ['loop']])
    await expect(tree.read(path)).rejects.toMatchObject({ code: 'path_refused' });
  await expect(write(tree, ['far'], 'x')).rejects.toMatchObject({ code: 'path_refused' });
  await write(tree, ['near'], 'through');
  expect(await readFile(join(directory, 'a.txt'), 'utf8')).toBe('through');
  await host.volumes.flush(id, 1, signal);
  await host.volumes.detach(id, 1);
  expect(await text(tree, 'absolute')).toBe('through');
  await expect(tree.read(['far'])).rejects.toMatchObject({ code: 'path_refused' });
});

test('destroying removes every object, manifest and directory, twice without harm', async () => {
  const { tree } = await attach(host, 1);
  await write(tree, ['a.txt'], 'x'.repeat(5_000));
  await host.volumes.destroy(id);
  await host.volumes.destroy(id);
  const left: string[] = [];
  for await (const key of host.parts.objects.list('')) left.push(key);
  expect(left).toEqual([]);
  await expect(host.volumes.files(id)).rejects.toMatchObject({ code: 'gone' });
});
