import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newWorkspaceId } from '@cellbook/shared/ids.ts';
import { seededRandom, systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { addMasterKey, dropOldMasterKeys, makeMasterKeys, readMasterKeys } from '../secrets/master-keys.ts';
import type { ImageKeyStore } from './image-key-store.ts';
import { createImageKeys, masterKeysOf, resealImageKeys } from './image-keys.ts';
import { createMemoryImageKeyStore } from './memory-image-key-store.ts';
import { createPostgresImageKeyStore } from './postgres-image-key-store.ts';

let fresh: TestDatabase;
let directory: string;
beforeAll(async () => {
  fresh = await createTestDatabase();
  directory = await mkdtemp(join(tmpdir(), 'cellbook-image-keys-'));
}, 60_000);
afterAll(async () => {
  await fresh?.drop();
  await rm(directory, { recursive: true, force: true });
});

const implementations: [string, () => ImageKeyStore][] = [
  ['memory', () => createMemoryImageKeyStore()],
  ['postgres', () => createPostgresImageKeyStore(fresh.database)],
];

describe.each(implementations)('image keys in %s', (name, create) => {
  const random = seededRandom(name.length);
  let count = 0;
  async function draw() {
    const file = join(directory, `${name}-${count++}.json`);
    await makeMasterKeys(file, systemRandom);
    const store = create();
    const keys = createImageKeys({ store, masterKeys: masterKeysOf(file), random: systemRandom });
    return { file, store, keys, id: newWorkspaceId(random) };
  }

  test('a workspace has one key, whoever asks first, and no other workspace has it', async () => {
    const { keys, id } = await draw();
    expect(await keys.find(id)).toBeNull();
    const [one, other] = await Promise.all([keys.make(id), keys.make(id)]);
    expect(one).toEqual(other);
    expect(one).toHaveLength(32);
    expect(await keys.find(id)).toEqual(one);
    expect(await keys.make(newWorkspaceId(random))).not.toEqual(one);
  });

  test('what is kept says nothing of the key, and opens for no other workspace', async () => {
    const { keys, id, store } = await draw();
    const key = await keys.make(id);
    const kept = await store.get(id);
    expect(kept?.text).not.toContain(Buffer.from(key!).toString('base64').slice(0, 12));
    const other = newWorkspaceId(random);
    await store.keep({ workspaceId: other, sealed: kept! });
    expect(await keys.find(other)).toBeNull();
  });

  test('a destroyed key does not come back', async () => {
    const { keys, id } = await draw();
    const key = await keys.make(id);
    await keys.destroy(id);
    await keys.destroy(id);
    expect(await keys.find(id)).toBeNull();
    expect(await keys.make(id)).not.toEqual(key);
  });

  test('says whose images may be in the object store since when, until that is ended by whoever knows it', async () => {
    const { keys, id, store } = await draw();
    expect(await store.beginRemote(id, 1_000)).toBe(false);
    await keys.make(id);
    expect(await store.beginRemote(id, 1_000)).toBe(true);
    const other = newWorkspaceId(random);
    await keys.make(other);
    await store.beginRemote(other, 500);
    expect(await store.listRemote(501, 10)).toEqual([{ workspaceId: other, sinceMs: 500 }]);
    expect(await store.listRemote(2_000, 1)).toEqual([{ workspaceId: other, sinceMs: 500 }]);
    await store.beginRemote(id, 3_000);
    expect(await store.endRemote(id, 1_000)).toBe(false);
    expect(await store.endRemote(id, 3_000)).toBe(true);
    expect(await store.endRemote(other, 500)).toBe(true);
    expect(await store.listRemote(9_000, 10)).toEqual([]);
  });

  test('without a master key there is none, and one that does not open any more is drawn anew', async () => {
    const { keys, id, store } = await draw();
    const key = await keys.make(id);
    const without = createImageKeys({ store, masterKeys: null, random: systemRandom });
    expect(await without.find(id)).toBeNull();
    expect(await without.make(id)).toBeNull();
    const { file: elsewhere } = await draw();
    const lost = createImageKeys({ store, masterKeys: masterKeysOf(elsewhere), random: systemRandom });
    expect(await lost.find(id)).toBeNull();
    expect(await lost.make(id)).not.toEqual(key);
  });

  test('a new master key seals them anew, and the old one is needed no more', async () => {
    const { file, keys, id, store } = await draw();
    const key = await keys.make(id);
    // What other tests have left here belongs to other files.
    for (const { workspaceId } of await store.wrappedByOthers('', 100))
      if (workspaceId !== id) await store.remove(workspaceId);
    await addMasterKey(file, systemRandom);
    expect(await resealImageKeys(store, await readMasterKeys(file))).toBe(1);
    await dropOldMasterKeys(file, systemRandom);
    expect(await keys.find(id)).toEqual(key);
    expect(await resealImageKeys(store, await readMasterKeys(file))).toBe(0);
  });
});
