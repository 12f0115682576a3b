import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { FileEntry } from '../tree/entry.ts';
import { sha256Of, type VolumeObjects } from '../tree/volume-objects.ts';
import { VolumeChunks } from './volume-chunks.ts';

const { memoryBytesMax, writesWaitingMax, bringMsMax } = limits.storage.lazy;
const chunkBytes = 1024 * 1024;
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chunks-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const chunkOf = (index: number): Buffer => Buffer.alloc(chunkBytes, `chunk ${index} `);

/** A file of so many chunks, and what was asked of the store; `isAway` leaves it unanswered. */
function bed(chunks: number) {
  const bytes = new Map<string, Buffer>();
  const runs = Array.from({ length: chunks }, (_, index): [string, number] => {
    const sha256 = sha256Of(chunkOf(index));
    bytes.set(sha256, chunkOf(index));
    return [sha256, chunkBytes];
  });
  const seen = { asked: [] as string[], isAway: false };
  const getChunk = async (sha256: string): Promise<Buffer> => {
    seen.asked.push(sha256);
    if (seen.isAway) return new Promise(() => undefined);
    return bytes.get(sha256) ?? Buffer.alloc(0);
  };
  const times = { mode: 0o644, mtimeNs: '0', createdNs: '0' };
  const size = chunks * chunkBytes;
  const file: FileEntry = { type: 'file', ...times, size, content: { in: 'runs', runs } };
  const clock = new ManualClock();
  const held = new VolumeChunks({ getChunk } as Partial<VolumeObjects> as VolumeObjects, directory, clock);
  const at = (index: number) => held.read(file, index * chunkBytes, 10);
  return { seen, runs, clock, held, at };
}

const inMemory = memoryBytesMax / chunkBytes;

it('fails whoever waits for bytes that do not come within a minute, and asks anew for the next', async () => {
  const { seen, clock, at, held } = bed(1);
  seen.isAway = true;
  const waits = expect(at(0)).rejects.toMatchObject({ code: 'store_unavailable' });
  await expect.poll(() => clock.nextDueMs()).not.toBeNull();
  await clock.advance(bringMsMax);
  await waits;
  seen.isAway = false;
  expect((await at(0)).equals(chunkOf(0).subarray(0, 10))).toBe(true);
  await held.close();
});

it('fetches anew what the disk gives back damaged', async () => {
  const { seen, runs, at, held } = bed(inMemory + 4);
  const [first = ''] = runs[0] ?? [];
  await at(0);
  await expect.poll(() => readdir(directory)).toEqual([first]);
  await expect.poll(() => writeFile(join(directory, first), 'damaged')).toBeUndefined();
  // Out of memory, so that it is read back.
  for (let index = 1; index < inMemory + 4; index++) await at(index);
  expect((await at(0)).equals(chunkOf(0).subarray(0, 10))).toBe(true);
  expect(seen.asked.filter((sha256) => sha256 === first)).toHaveLength(2);
  await held.close();
});

it('gives chunks without keeping them when too many wait for the disk', async () => {
  const chunks = writesWaitingMax * 4;
  const { runs, at, held } = bed(chunks);
  const all = await Promise.all(runs.map((_, index) => at(index)));
  expect(all).toHaveLength(chunks);
  for (const [index, bytes] of all.entries())
    expect(bytes.equals(chunkOf(index).subarray(0, 10)), String(index)).toBe(true);
  await expect.poll(async () => (await readdir(directory)).length).toBeGreaterThan(0);
  expect((await readdir(directory)).length).toBeLessThan(chunks);
  await held.close();
});
