import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { hostIdSchema, newVolumeId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { describe, expect, test } from 'vitest';
import { versionsToForget } from './manifests/forget-manifests.ts';
import type { Manifest } from './manifests/manifest-store.ts';
import { createMemoryManifestStore } from './manifests/memory-manifest-store.ts';
import { createMemoryObjectStore } from './objects/memory-object-store.ts';
import type { ObjectStore } from './objects/object-store.ts';
import { createStoredSurface } from './stored-surface.ts';
import { sweep } from './sweep.ts';
import { startTestHost } from './test-volumes.ts';
import { DirectoryCache } from './tree/directory-cache.ts';
import { Semaphore } from './tree/semaphore.ts';
import { createVolumeObjects, sha256Of } from './tree/volume-objects.ts';
import { newHome } from './tree/volume-root.ts';
import { VolumePointer } from './volume-pointer.ts';
import { createVolumeTree } from './volume-tree.ts';

const { signal } = new AbortController();
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

function manifest(version: number, committedAtMs: number): Manifest {
  return { version, epoch: 1, root: null, reason: 'sync', committedAtMs };
}

test('keeps every version of an hour, then one an hour for a day, one a day for a month, and the newest', () => {
  const nowMs = 1_750_000_000_000;
  const every = Array.from({ length: 60 * 24 * 40 }, (_, at) => manifest(60_000 - at, nowMs - at * minuteMs));
  const forgotten = new Set(versionsToForget(every, nowMs));
  const kept = every.filter(({ version }) => !forgotten.has(version));
  const ages = kept.map(({ committedAtMs }) => nowMs - committedAtMs);
  expect(ages.filter((ageMs) => ageMs <= hourMs)).toHaveLength(61);
  const ofTheDay = ages.filter((ageMs) => ageMs > hourMs && ageMs <= 24 * hourMs);
  expect(ofTheDay.length).toBeGreaterThanOrEqual(23);
  expect(ofTheDay.length).toBeLessThanOrEqual(24);
  expect(ages.filter((ageMs) => ageMs > 24 * hourMs).length).toBeLessThanOrEqual(31);
  expect(Math.max(...ages)).toBeLessThanOrEqual(30 * 24 * hourMs);
  expect(versionsToForget([manifest(1, 0)], nowMs)).toEqual([]);
  expect(versionsToForget([], nowMs)).toEqual([]);
});

async function startVolume() {
  const clock = new ManualClock();
  const store = createMemoryObjectStore();
  const manifests = createMemoryManifestStore();
  const row = await manifests.create(newWorkspaceId(systemRandom), newVolumeId(systemRandom));
  const tools = { store, cache: new DirectoryCache(1e6), inFlight: new Semaphore(8) };
  const pointer = new VolumePointer(row, createVolumeObjects(row, tools), manifests, clock);
  await pointer.commit([newHome('0')], 'create');
  const tree = createVolumeTree({ surface: createStoredSurface(pointer), pointer });
  const keys = async () => {
    const found: string[] = [];
    for await (const key of store.list('')) found.push(key);
    return found;
  };
  const run = () => sweep({ pointer, manifests, store, clock, signal });
  return { clock, store, manifests, row, pointer, tree, keys, run };
}

test('removes what no kept version refers to, and nothing else', async () => {
  const { clock, manifests, row, tree, keys, run } = await startVolume();
  await tree.write(['kept.bin'], systemRandom.bytes(5_000));
  await tree.createCheckpoint(['kept.bin']);
  for (let at = 0; at < 10; at++) await tree.write(['changes.bin'], systemRandom.bytes(5_000));
  const newest = await tree.read(['changes.bin']);
  const before = (await keys()).length;
  expect(await run()).toBe(0);
  await clock.advance(40 * 24 * hourMs);
  expect(await run()).toBeGreaterThanOrEqual(18);
  expect(await manifests.list(row.workspaceId, 100)).toHaveLength(1);
  expect((await keys()).length).toBeLessThan(before);
  expect((await tree.read(['changes.bin'])).equals(newest)).toBe(true);
  expect((await tree.read(['kept.bin'])).length).toBe(5_000);
  await tree.restoreCheckpoint(['kept.bin'], 'checkpoint');
  expect(await run()).toBeLessThanOrEqual(2);
});

const dayMs = 24 * hourMs;
const byAda = { author: 'user-ada', keep: { recent: 2, dailyMs: 365 * dayMs } };

test('versions of a deleted file outlast those of its volume, for as long as the tier says, and then go with their objects', async () => {
  const { clock, tree, run, keys, pointer } = await startVolume();
  const empty = (await keys()).length;
  const bodies = [1, 2, 3].map(() => systemRandom.bytes(5_000));
  for (const bytes of bodies) {
    await clock.advance(1_000);
    await tree.write(['a.bin'], bytes, { version: byAda });
  }
  await tree.remove(['a.bin']);
  await clock.advance(60_000);
  await run();
  const { goneMs } = limits.storage.fileVersions.free;
  await clock.advance(goneMs - 2 * hourMs);
  await run();
  const versions = await tree.listVersions(['a.bin']);
  expect(versions).toHaveLength(3);
  for (const [at, { id }] of versions.entries())
    expect((await tree.readVersion(['a.bin'], id)).equals(bodies[2 - at] ?? Buffer.alloc(0))).toBe(true);
  await clock.advance(3 * hourMs);
  await run();
  expect(await tree.listVersions(['a.bin'])).toEqual([]);
  // The manifests of before refer to them still; when the last of those is forgotten, the objects go too.
  await clock.advance(31 * dayMs);
  await run();
  for (const bytes of bodies)
    expect(await keys()).not.toContain(`${pointer.objects.prefix}chunks/${sha256Of(bytes)}`);
  expect((await keys()).length).toBeLessThanOrEqual(empty);
});

test('a file that is there again, or saved again, is not forgotten by the time it was missing', async () => {
  const { clock, tree, run } = await startVolume();
  await tree.write(['a.bin'], Buffer.from('one'), { version: byAda });
  await tree.remove(['a.bin']);
  await run();
  await clock.advance(20 * dayMs);
  await tree.write(['a.bin'], Buffer.from('two'), { version: byAda });
  await tree.remove(['a.bin']);
  await clock.advance(20 * dayMs);
  await run();
  expect(await tree.listVersions(['a.bin'])).toHaveLength(2);
  await tree.write(['b.bin'], Buffer.from('three'), { version: byAda });
  await tree.move(['b.bin'], ['a.bin']);
  await clock.advance(20 * dayMs);
  await run();
  expect(await tree.listVersions(['a.bin'])).toHaveLength(3);
});

test('a sweep that somebody else writes beside, or takes the volume from, removes nothing more', async () => {
  const { clock, tree, run, keys, manifests, row } = await startVolume();
  await tree.write(['a.bin'], systemRandom.bytes(5_000));
  await tree.write(['a.bin'], systemRandom.bytes(5_000));
  await clock.advance(40 * dayMs);
  await run();
  await tree.write(['a.bin'], systemRandom.bytes(5_000));
  await clock.advance(40 * dayMs);
  const before = await keys();
  await manifests.claim(row.workspaceId, 0, hostIdSchema.parse('eu-1-b'));
  await expect(run()).rejects.toMatchObject({ code: 'conflict' });
  expect(await keys()).toEqual(before);
});

test('what one process has swept, no cache of another believes to be stored', async () => {
  const clock = new ManualClock();
  const [objects, manifests] = [createMemoryObjectStore(), createMemoryManifestStore()];
  const here = await startTestHost({ clock, objects, manifests });
  const there = await startTestHost({ clock, objects, manifests });
  const id = newWorkspaceId(systemRandom);
  await here.volumes.create(id);
  const tree = await here.volumes.files(id);
  await tree.makeDirectory(['folder']);
  await tree.write(['folder', 'a.bin'], Buffer.from('a'));
  // Without b.bin the folder is the object that it was before: this process has it in its cache.
  await tree.write(['folder', 'b.bin'], Buffer.from('b'));
  await clock.advance(40 * dayMs);
  expect(await there.volumes.tidyDue(signal)).toBe(1);
  await tree.remove(['folder', 'b.bin']);
  const elsewhere = await (await startTestHost({ clock, objects, manifests })).volumes.files(id);
  expect((await elsewhere.read(['folder', 'a.bin'])).toString()).toBe('a');
  await here.close();
  await there.close();
});

test('what was removed can be stored again: no cache believes it is still there', async () => {
  const { clock, tree, run } = await startVolume();
  const bytes = systemRandom.bytes(5_000);
  await tree.makeDirectory(['folder']);
  await tree.write(['folder', 'a.bin'], bytes);
  await tree.copy(['folder'], ['again']);
  await tree.remove(['folder']);
  await tree.remove(['again']);
  await clock.advance(40 * 24 * hourMs);
  await run();
  await tree.makeDirectory(['folder']);
  await tree.write(['folder', 'a.bin'], bytes);
  await clock.advance(40 * 24 * hourMs);
  await run();
  expect((await tree.read(['folder', 'a.bin'])).equals(bytes)).toBe(true);
});

test('a tree that cannot be read ends a sweep before anything is removed', async () => {
  const { clock, store, tree, keys, run, pointer } = await startVolume();
  await tree.write(['a.bin'], systemRandom.bytes(5_000));
  await tree.write(['b.bin'], systemRandom.bytes(5_000));
  await clock.advance(40 * 24 * hourMs);
  await store.delete(`${pointer.objects.prefix}directories/${pointer.row.root}`);
  pointer.objects.forgetCached();
  const before = await keys();
  await expect(run()).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(await keys()).toEqual(before);
});

test('an upload that was given up is forgotten after a day, one under way is not', async () => {
  const { clock, tree, run } = await startVolume();
  await tree.makeDirectory(['folder']);
  await tree.uploadChunk(['folder', 'old.bin'], 1, Buffer.from('x'));
  await clock.advance(25 * hourMs);
  await tree.uploadChunk(['folder', 'new.bin'], 1, Buffer.from('x'));
  await run();
  await tree.finishUpload(['folder', 'new.bin'], Buffer.from('y'));
  await expect(tree.finishUpload(['folder', 'old.bin'], Buffer.from('y'))).rejects.toMatchObject({
    code: 'bad_request',
  });
});

describe('a removal that the store left unanswered', () => {
  /** Its first removal breaks, and arrives when it is let. */
  async function startDoubtful() {
    const started = await startVolume();
    const { clock, tree, store, manifests, pointer } = started;
    const bytes = systemRandom.bytes(5_000);
    await tree.write(['a.bin'], bytes);
    await tree.remove(['a.bin']);
    await clock.advance(40 * dayMs);
    const late: string[] = [];
    const slow: ObjectStore = {
      ...store,
      async delete(key) {
        late.push(key);
        throw new CellbookError('store_unavailable', { doing: 'deleting', problem: 'no answer' });
      },
    };
    const chunk = `${pointer.objects.prefix}chunks/${sha256Of(bytes)}`;
    const sweepSlowly = () => sweep({ pointer, manifests, store: slow, clock, signal });
    while (!late.includes(chunk)) {
      await expect(sweepSlowly()).rejects.toMatchObject({ code: 'store_unavailable' });
      await store.delete(late.at(-1) ?? '');
      if (!late.includes(chunk)) await clock.advance(limits.storage.doubtMs);
    }
    await store.put(chunk, bytes);
    return { ...started, bytes, chunk };
  }

  test('takes nothing that was stored after it, by this process or by the next', async () => {
    const { clock, store, manifests, row, tree, bytes, chunk, run, pointer } = await startDoubtful();
    await tree.write(['again.bin'], bytes);
    const next = await manifests.read(row.workspaceId);
    const tools = { store, cache: new DirectoryCache(1e6), inFlight: new Semaphore(8) };
    const nextPointer = new VolumePointer(next!, createVolumeObjects(next!, tools), manifests, clock);
    const nextTree = createVolumeTree({ surface: createStoredSurface(nextPointer), pointer: nextPointer });
    const other = systemRandom.bytes(5_000);
    await nextTree.write(['other.bin'], other);
    await store.delete(chunk);
    await store.delete(`${pointer.objects.prefix}chunks/${sha256Of(other)}`);
    expect((await nextTree.read(['again.bin'])).equals(bytes)).toBe(true);
    expect((await nextTree.read(['other.bin'])).equals(other)).toBe(true);
    expect(await run()).toBe(0);
  });

  test('is over after a while: the next sweep keeps what is used under either name, and ends the doubt', async () => {
    const { clock, manifests, row, tree, bytes, chunk, run, keys } = await startDoubtful();
    await tree.write(['again.bin'], bytes);
    expect(await run()).toBe(0);
    await clock.advance(limits.storage.doubtMs);
    await run();
    expect((await tree.read(['again.bin'])).equals(bytes)).toBe(true);
    expect(await manifests.read(row.workspaceId)).toMatchObject({ doubtfulUntilMs: null });
    await tree.remove(['again.bin']);
    await clock.advance(40 * dayMs);
    await run();
    expect((await keys()).filter((key) => key.startsWith(chunk))).toEqual([]);
    await tree.write(['plain.bin'], bytes);
    expect(await keys()).toContain(chunk);
  });
});

test('a live volume sweeps itself after enough rounds, while code goes on writing', async () => {
  const host = await startTestHost({ syncIntervalMs: 1 });
  const id = newWorkspaceId(systemRandom);
  await host.volumes.create(id);
  const { directory } = await host.volumes.attach(id, 1, signal);
  const swept = async () => (await host.parts.manifests.read(id))?.sweptVersion ?? 0;
  for (let at = 0; (await swept()) === 0; at++) {
    await writeFile(join(directory, 'log'), `${at}`.repeat(2_000));
    await host.volumes.sync(id, signal);
  }
  await host.volumes.flush(id, 1, signal);
  await host.volumes.detach(id, 1);
  const tree = await host.volumes.files(id);
  expect((await tree.read(['log'])).length).toBeGreaterThan(0);
  await host.close();
}, 60_000);

test('a version can be listed and made current again, but not under a running workspace', async () => {
  const host = await startTestHost();
  const id = newWorkspaceId(systemRandom);
  await host.volumes.create(id);
  const tree = await host.volumes.files(id);
  await tree.write(['a.txt'], Buffer.from('one'));
  const [one] = await host.volumes.versions(id, 1);
  await tree.write(['a.txt'], Buffer.from('two'));
  await host.volumes.attach(id, 1, signal);
  await expect(host.volumes.restore(id, one?.version ?? 0)).rejects.toMatchObject({ code: 'conflict' });
  await host.volumes.detach(id, 1);
  await expect(host.volumes.restore(id, 99)).rejects.toMatchObject({ code: 'not_found' });
  const { version } = await host.volumes.restore(id, one?.version ?? 0);
  expect((await tree.read(['a.txt'])).toString()).toBe('one');
  expect((await host.volumes.versions(id, 1))[0]).toMatchObject({ version, reason: 'restore' });
  await host.close();
});
