/** A tree of many directories, all of them in one object for whoever is given the files next. */
import { newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, expect, test } from 'vitest';
import { createWorkspaceVolumes } from '../create-workspace-volumes.ts';
import { createMemoryObjectStore } from '../objects/memory-object-store.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { startTestHost, type TestHost } from '../test-volumes.ts';
import { decodePack, encodePack } from './tree-pack.ts';

const { signal } = new AbortController();
const folders = limits.storage.packs.directoriesMin + 20;

let host: TestHost;
let epoch = 0;
afterEach(() => host.close());

/** What was read of the store, and its objects. */
function watchedStore() {
  const inner = createMemoryObjectStore();
  const read: string[] = [];
  const store: ObjectStore = {
    ...inner,
    get(key, given) {
      read.push(key.split('/').at(-2) ?? '');
      return inner.get(key, given);
    },
  };
  const packs = async () => {
    const keys: string[] = [];
    for await (const key of store.list('')) if (key.includes('/packs/')) keys.push(key);
    return keys;
  };
  return { store, read, packs };
}

/** A stored volume that a host has just given back. */
async function givenBack(count = folders) {
  const watched = watchedStore();
  host = await startTestHost({ objects: watched.store, lazyAboveBytes: 1e12 });
  const id = newWorkspaceId(systemRandom);
  await host.volumes.create(id);
  await host.volumes.attach(id, ++epoch, signal);
  const files = await host.volumes.files(id);
  for (let n = 0; n < count; n++) {
    await files.makeDirectory([`folder ${n}`]);
    await files.write([`folder ${n}`, 'note.txt'], Buffer.from(`note ${n}`));
  }
  await host.volumes.flush(id, epoch, signal);
  await host.volumes.detach(id, epoch);
  return { ...watched, id };
}

/** By a host that has read nothing yet. */
async function attachAnew(id: Awaited<ReturnType<typeof givenBack>>['id'], read: string[]) {
  read.length = 0;
  const next = createWorkspaceVolumes(host.parts);
  await next.attach(id, ++epoch, signal);
  const directories = read.filter((kind) => kind === 'directories').length;
  const files = await next.files(id);
  expect(String(await files.read([`folder 3`, 'note.txt']))).toBe('note 3');
  return { next, directories };
}

test('a host that is given many directories reads them at once', async () => {
  const { id, read, packs } = await givenBack();
  expect(await packs()).toHaveLength(1);
  const { next, directories } = await attachAnew(id, read);
  expect(directories).toBeLessThan(5);
  await next.detach(id, epoch);
});

test('of a few directories nothing is kept beside them', async () => {
  const { packs } = await givenBack(3);
  expect(await packs()).toEqual([]);
});

test('one that is damaged is as good as none', async () => {
  const { id, store, read, packs } = await givenBack();
  const [pack = ''] = await packs();
  for (const damaged of [Buffer.from('no pack'), await encodePack([Buffer.from('{}')])]) {
    await store.put(pack, damaged);
    const { next, directories } = await attachAnew(id, read);
    expect(directories).toBeGreaterThan(folders);
    await next.detach(id, epoch);
  }
});

test('what does not end with a directory is refused', async () => {
  const whole = [Buffer.from('one'), Buffer.from('two')];
  expect(await decodePack(await encodePack(whole))).toEqual(whole);
  const torn = await encodePack([Buffer.alloc(3)]);
  const { zstdCompressSync, zstdDecompressSync } = await import('node:zlib');
  await expect(decodePack(zstdCompressSync(zstdDecompressSync(torn).subarray(0, 5)))).rejects.toThrow(
    'ends within',
  );
});

test('tidying leaves that of the newest tree, and none of those before', async () => {
  const { id, packs } = await givenBack();
  const before = await packs();
  const files = await host.volumes.files(id);
  await files.write(['more.txt'], Buffer.from('more'));
  const { clock } = host.parts;
  const laterMs = clock.nowMs() + 2 * limits.storage.tidyAfterMs;
  const later = createWorkspaceVolumes({ ...host.parts, clock: { ...clock, nowMs: () => laterMs } });
  expect(await later.tidyDue(signal)).toBe(1);
  const after = await packs();
  expect(after).toHaveLength(1);
  expect(after).not.toEqual(before);
});
