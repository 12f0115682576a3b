import { once } from 'node:events';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { beforeEach, expect, test } from 'vitest';
import { createTestDatabase } from '../db/test-database.ts';
import { KeyedLock } from './keyed-lock.ts';
import { createPostgresManifestStore } from './manifests/postgres-manifest-store.ts';
import { createMemoryObjectStore } from './objects/memory-object-store.ts';
import { startTestHost } from './test-volumes.ts';

const { signal } = new AbortController();
const version = { author: 'user-ada', keep: limits.storage.fileVersions.free };
const { goneMs } = limits.storage.fileVersions.free;
const { tidyAfterMs, tidyLeaseMs } = limits.storage;

let clock: ManualClock;
beforeEach(() => {
  clock = new ManualClock();
});

async function startCell() {
  const { database, drop } = await createTestDatabase();
  const parts = {
    clock,
    objects: createMemoryObjectStore(),
    manifests: createPostgresManifestStore(database),
  };
  // No rounds of the host's own.
  const host = await startTestHost({ ...parts, syncIntervalMs: 1e12 });
  const id = newWorkspaceId(systemRandom);
  await host.volumes.create(id);
  const close = async () => {
    await host.close();
    await drop();
  };
  return { ...host, parts, id, tree: await host.volumes.files(id), close };
}

test('a suspended workspace is tidied when its time has come, again and again until nothing is left to do', async () => {
  const { volumes, parts, tree, id, close } = await startCell();
  await tree.write(['a.bin'], systemRandom.bytes(5_000), { version });
  await tree.remove(['a.bin']);
  expect(await volumes.tidyDue(signal)).toBe(0);
  await clock.advance(tidyAfterMs + 1);
  expect(await volumes.tidyDue(signal)).toBe(1);
  expect(await volumes.tidyDue(signal)).toBe(0);
  expect(await tree.listVersions(['a.bin'])).toHaveLength(1);
  let passes = 0;
  for (let days = 0; days < 70; days++) {
    await clock.advance(24 * 3_600_000);
    passes += await volumes.tidyDue(signal);
  }
  expect(await tree.listVersions(['a.bin'])).toEqual([]);
  // A day at a time while there are earlier manifests to thin out, and then never again.
  expect(passes).toBeGreaterThan(goneMs / (24 * 3_600_000));
  expect(passes).toBeLessThan(70);
  const left: string[] = [];
  for await (const key of parts.objects.list('')) left.push(key);
  expect(left.length).toBeLessThanOrEqual(1);
  expect(await parts.manifests.list(id, 10)).toHaveLength(1);
  await close();
});

test('whoever takes a volume to tidy it has it alone for a while, and one who died over it leaves it due', async () => {
  const { volumes, parts, tree, close } = await startCell();
  await tree.write(['a.bin'], Buffer.from('one'));
  await clock.advance(tidyAfterMs + 1);
  const claim = () => parts.manifests.claimTidy({ nowMs: clock.nowMs(), leaseMs: tidyLeaseMs, max: 10 });
  const claims = await Promise.all([claim(), claim(), claim()]);
  expect(claims.flat()).toHaveLength(1);
  expect(await volumes.tidyDue(signal)).toBe(0);
  await clock.advance(tidyLeaseMs);
  expect(await volumes.tidyDue(signal)).toBe(1);
  await close();
});

test('files that a host has are left to the host', async () => {
  const { volumes, tree, id, close } = await startCell();
  await tree.write(['a.bin'], Buffer.from('one'));
  await volumes.attach(id, 1, signal);
  await clock.advance(tidyAfterMs + 1);
  expect(await volumes.tidyDue(signal)).toBe(0);
  // Given back, it is due as it was.
  await volumes.detach(id, 1);
  expect(await volumes.tidyDue(signal)).toBe(1);
  await close();
});

test('one that fails is logged, comes again, and keeps no other waiting', async () => {
  const { volumes, parts, tree, id, close } = await startCell();
  const other = newWorkspaceId(systemRandom);
  await volumes.create(other);
  await tree.write(['a.bin'], Buffer.from('one'));
  const root = (await parts.manifests.read(id))?.root;
  const { volumeId } = (await parts.manifests.read(id)) ?? {};
  await parts.objects.delete(`volumes/${volumeId}/directories/${root}`);
  const elsewhere = await startTestHost(parts);
  await clock.advance(tidyAfterMs + 1);
  expect(await elsewhere.volumes.tidyDue(signal)).toBe(1);
  await elsewhere.close();
  await close();
});

test('work that gives way is told when anybody else wants the key, also one who waits already', async () => {
  const lock = new KeyedLock<'a'>();
  const waitFor = async (given: AbortSignal) => {
    if (!given.aborted) await once(given, 'abort');
  };
  const first = lock.runYielding('a', signal, waitFor);
  expect(await lock.run('a', async () => 'mine')).toBe('mine');
  await first;
  const begun = Promise.withResolvers<void>();
  const holder = lock.run('a', () => begun.promise);
  const yielding = lock.runYielding('a', signal, async (given) => given.aborted);
  const behind = lock.run('a', async () => {});
  begun.resolve();
  expect(await yielding).toBe(true);
  await Promise.all([holder, behind]);
});
