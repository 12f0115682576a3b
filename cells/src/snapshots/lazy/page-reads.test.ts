import { limits } from '@cellbook/shared/limits.ts';
import { expect, test } from 'vitest';
import { PageReads, type PageUnit } from './page-reads.ts';

const stride = 1024;
const { chunkBytes, soughtAheadBytes, soughtMax } = limits.snapshots;
const reads = (chunksMax = 1) => new PageReads(stride, chunksMax);
const read = (offset: number, bytes = 256) => ({ unique: BigInt(offset), offset, bytes });
const offsetsOf = (unit: PageUnit | null) => unit?.reads.map(({ offset }) => offset);

test('what is read in order is answered in order, all of a chunk at once', () => {
  const one = reads();
  for (const offset of [0, 256, 512, 768, 1024, 1280]) one.add(read(offset));
  expect(one.isWaited).toBe(false);
  expect(one.next()).toMatchObject({ firstChunk: 0, lastChunk: 0 });
  expect(offsetsOf(one.next())).toEqual([1024, 1280]);
  expect(one.next()).toBeNull();
  expect(one.count).toBe(0);
});

test('what is read in order is answered many chunks at once where that is asked for', () => {
  const one = reads(3);
  for (let offset = 0; offset < 5 * stride; offset += 256) one.add(read(offset));
  expect(one.next()).toMatchObject({ firstChunk: 0, lastChunk: 2 });
  one.add(read(9 * stride));
  expect(one.next()).toMatchObject({ firstChunk: 9, lastChunk: 9 });
  expect(one.next()).toMatchObject({ firstChunk: 3, lastChunk: 4 });
  expect(one.next()).toBeNull();
});

test('what somebody waits for comes before what is read in order, and takes with it what its chunk answers', () => {
  const one = reads();
  for (const offset of [0, 256, 512]) one.add(read(offset));
  one.add(read(5 * stride + 128, 64));
  one.add(read(5 * stride + 512, 64));
  expect(one.isWaited).toBe(true);
  expect(offsetsOf(one.next())).toEqual([5 * stride + 128, 5 * stride + 512]);
  expect(one.isWaited).toBe(false);
  expect(offsetsOf(one.next())).toEqual([0, 256, 512]);
});

test('a read over the end of a chunk takes both', () => {
  const one = reads();
  one.add(read(0, 1500));
  expect(one.next()).toMatchObject({ firstChunk: 0, lastChunk: 1 });
});

test('what was read ahead is passed over by the order, which goes on behind it', () => {
  const one = reads();
  one.add(read(0));
  one.add(read(256, 100));
  one.add(read(1000, 24));
  one.next();
  one.next();
  // The reader goes on where nothing was read yet: from 356, and behind 1,000 to 1,024.
  one.add(read(356, 644));
  one.add(read(1024));
  expect(one.isWaited).toBe(false);
});

test('what is wanted long before its turn is noted, as often as it is wanted once, and no more than the limit', () => {
  const one = new PageReads(chunkBytes, 1);
  const far = soughtAheadBytes / chunkBytes + 5;
  one.add(read(0));
  // Read in order, but heard late.
  one.add(read(soughtAheadBytes / 2));
  one.add(read((far + 2) * chunkBytes));
  one.add(read(far * chunkBytes));
  one.add(read((far + 2) * chunkBytes + 512));
  expect(one.sought).toEqual([far + 2, far]);
  for (let chunk = 0; chunk < 2 * soughtMax; chunk++) one.add(read((far + 10 + chunk) * chunkBytes));
  expect(one.sought).toHaveLength(soughtMax);
});
