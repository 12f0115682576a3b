/** Packs of large trees are made and read in turns, and nobody else's directories pay for them. */
import { newVolumeId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { expect, test, vi } from 'vitest';
import { createMemoryObjectStore } from '../objects/memory-object-store.ts';
import { DirectoryCache } from './directory-cache.ts';
import { encodeDirectory } from './directory-object.ts';
import type { Entries, Entry } from './entry.ts';
import { savePack } from './save-pack.ts';
import { Semaphore } from './semaphore.ts';
import { decodePack, encodePack, packedBytes } from './tree-pack.ts';
import { createVolumeObjects, sha256Of } from './volume-objects.ts';

const { bytesPerTurn, cachedBytesMax, directoriesMin } = limits.storage.packs;
const { signal } = new AbortController();
const times = { mode: 0o644, mtimeNs: '1750000000000000000', createdNs: '1750000000000000000' };
const file: Entry = {
  type: 'file',
  ...times,
  size: 1_000_000,
  content: { in: 'runs', runs: [['a'.repeat(64), 1_000_000]] },
};

/** Notes what is kept, and in which turn of the event loop. */
class NotedCache extends DirectoryCache {
  readonly turns = new Set<number>();
  bytes = 0;
  turn = 0;

  override set(key: string, entries: Entries, bytes: number): void {
    this.turns.add(this.turn);
    this.bytes += bytes;
    super.set(key, entries, bytes);
  }
}

function open() {
  const store = createMemoryObjectStore();
  const cache = new NotedCache(limits.storage.directoryCacheBytesMax);
  const row = { volumeId: newVolumeId(systemRandom), sweeps: 0, doubtfulUntilMs: null };
  return { cache, objects: createVolumeObjects(row, { store, cache, inFlight: new Semaphore(1) }) };
}

/** A directory of directories, with so many files in each. */
function treeOf(files: number) {
  const known = new Map<string, Entries>();
  const keep = (entries: Entries): string => {
    const sha256 = sha256Of(encodeDirectory(entries));
    known.set(sha256, entries);
    return sha256;
  };
  const folders = Array.from({ length: directoriesMin }, (_, folder): [string, Entry] => {
    const inside = Array.from({ length: files }, (_, n): [string, Entry] => [`file ${folder} ${n}`, file]);
    return [`folder ${folder}`, { type: 'directory', ...times, sha256: keep(new Map(inside)) }];
  });
  const tree = keep(new Map(folders));
  const read = async (sha256: string) => known.get(sha256) ?? null;
  return { tree, known, read };
}

/** So much that it takes a dozen turns. */
const filesOfLarge = Math.ceil((12 * bytesPerTurn) / directoriesMin / 250);

test('whoever makes a large pack lets everybody else have his turn, and gives up when he is told', async () => {
  const { objects } = open();
  const { tree, read } = treeOf(filesOfLarge);
  const gaveUp = new AbortController();
  setImmediate(() => gaveUp.abort(new Error('it takes too long')));
  const putPack = vi.fn();
  await expect(savePack({ ...objects, putPack }, tree, read, gaveUp.signal)).rejects.toThrow(
    'it takes too long',
  );
  expect(putPack).not.toHaveBeenCalled();
});

test('whoever reads one does so too, and keeps a share of it for others to use, never all', async () => {
  const { objects, cache } = open();
  const { tree, known, read } = treeOf(filesOfLarge);
  expect(await savePack(objects, tree, read, signal)).toBe(true);
  let isReading = true;
  const count = () => {
    cache.turn += 1;
    if (isReading) setImmediate(count);
  };
  count();
  const found = await objects.getPack(tree);
  isReading = false;
  expect(found.size).toBe(known.size);
  expect(cache.turns.size).toBeGreaterThan(4);
  expect(cache.bytes).toBeGreaterThan(cachedBytesMax / 2);
  expect(cache.bytes).toBeLessThanOrEqual(cachedBytesMax);
});

test('nothing is encoded for a pack that is there', async () => {
  const { objects } = open();
  const { tree, known, read } = treeOf(1);
  expect(await savePack(objects, tree, read, signal)).toBe(true);
  const asked = async (sha256: string) => new NotEncoded(known.get(sha256)?.entries());
  expect(await savePack(objects, tree, asked, signal)).toBe(true);
});

class NotEncoded extends Map<string, Entry> {
  override [Symbol.iterator](): never {
    throw new Error('its bytes are not wanted');
  }
}

test('a pack as large as it may be is one that can be read: what stands between its directories counts', async () => {
  const directories = [Buffer.alloc(10), Buffer.alloc(20)];
  const bytes = directories.reduce((sum, directory) => sum + packedBytes(directory), 0);
  const pack = await encodePack(directories);
  expect(await decodePack(pack, bytes)).toEqual(directories);
  await expect(decodePack(pack, bytes - 1)).rejects.toMatchObject({ code: 'ERR_BUFFER_TOO_LARGE' });
});
