/** What the last scan may pass over, and what ends it: after it nobody looks again. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, opendir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { newVolumeId } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { execute } from '../../sandbox/quota/execute.ts';
import { LazyFiles } from '../../snapshots/lazy/lazy-files.ts';
import { LowerTree } from '../lazy/lower-tree.ts';
import { createMemoryObjectStore } from '../objects/memory-object-store.ts';
import { DirectoryCache } from '../tree/directory-cache.ts';
import { Semaphore } from '../tree/semaphore.ts';
import { createVolumeObjects } from '../tree/volume-objects.ts';
import { openRoot } from './beneath.ts';
import { nothingFound, type ScanTools, scanDirectory } from './scan.ts';

const { signal } = new AbortController();
const row = { volumeId: newVolumeId(systemRandom), sweeps: 0, doubtfulUntilMs: null };
const tools = {
  store: createMemoryObjectStore(),
  cache: new DirectoryCache(1e6),
  inFlight: new Semaphore(1),
};
const objects = createVolumeObjects(row, tools);
const noTree = { type: 'directory', mode: 0o755, mtimeNs: '0', createdNs: '0', sha256: null } as const;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-scan-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function scanned(how: Partial<ScanTools>) {
  const root = await openRoot(directory);
  const found = nothingFound();
  const largerThan = Number.POSITIVE_INFINITY;
  const all = { objects, clock: systemClock, signal, final: true, largerThan, lower: null, ...how };
  try {
    await scanDirectory(all, root, [], undefined, found);
    return found;
  } finally {
    await root.close();
  }
}

test.runIf(existsSync('/dev/fuse'))(
  'a mount that is cut off ends the last scan of files over it, and no other',
  async () => {
    const place = join(directory, 'cut');
    const mounted = await LazyFiles.mount(place, { log: silentLogger, clock: systemClock });
    const held = await opendir(place);
    try {
      // In use as it is it stays there, with nobody behind it.
      await execute(['umount', '-f', place], 'cutting it off', [0, 32]);
      const lower = await LowerTree.load(objects, noTree, 'files', signal);
      await expect(scanned({ lower })).rejects.toMatchObject({ code: 'ENOTCONN' });
      const skipped = [{ path: ['cut'], reason: 'unreadable' }];
      expect((await scanned({ lower, final: false })).skipped).toEqual(skipped);
      expect((await scanned({})).skipped).toEqual(skipped);
    } finally {
      await held.close();
      await mounted?.close();
    }
  },
);

test('a store that fails ends the last scan, since the file is not kept; before it the next one looks again', async () => {
  await mkdir(join(directory, 'folder'));
  await writeFile(join(directory, 'folder', 'large.bin'), Buffer.alloc(100_000, 1));
  const failing = {
    ...objects,
    putChunk: () =>
      Promise.reject(new CellbookError('store_unavailable', { doing: 'storing', problem: 'it is away' })),
  };
  await expect(scanned({ objects: failing })).rejects.toMatchObject({ code: 'store_unavailable' });
  const { skipped } = await scanned({ objects: failing, final: false });
  expect(skipped).toEqual([{ path: ['folder', 'large.bin'], reason: 'unreadable' }]);
});
