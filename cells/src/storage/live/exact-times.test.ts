import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limits } from '@cellbook/shared/limits.ts';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { secondsOf, settableNs } from '../double-seconds.ts';
import { openRoot } from './beneath.ts';
import { setExactTimes } from './exact-times.ts';
import { TimeSetter } from './time-setter.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-times-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const timeOf = async (name: string) => (await stat(join(directory, name), { bigint: true })).mtimeNs;
/** Until 2038; then the steps are twice as far apart. */
const years = fc.bigInt({ min: 1_500_000_000_000_000_000n, max: 2_147_000_000_000_000_000n });

test('a time on a step of a double is one that Node sets exactly, at most 119 ns from the one wanted', async () => {
  await writeFile(join(directory, 'a'), '');
  const root = await openRoot(directory);
  await fc.assert(
    fc.asyncProperty(years, async (ns) => {
      const settable = settableNs(ns);
      expect(settableNs(settable)).toBe(settable);
      expect(Math.abs(Number(settable - ns))).toBeLessThanOrEqual(120);
      expect(secondsOf(settable)).toBe(secondsOf(ns));
      await setExactTimes(root, [{ path: ['a'], mtimeNs: `${settable}` }]);
      expect(await timeOf('a')).toBe(settable);
    }),
    { numRuns: 50 },
  );
  await root.close();
});

test('many directories asked for at once each get their own times to the nanosecond, large ones in pieces', async () => {
  const folders = Array.from({ length: 20 }, (_, index) => `folder-${index}`);
  await Promise.all(
    folders.map(async (folder, index) => {
      await mkdir(join(directory, folder));
      const files = index === 0 ? limits.storage.timesPerAsk + 5 : 3;
      const names = Array.from({ length: files }, (_, file) => `${file}`);
      await Promise.all(names.map((name) => writeFile(join(directory, folder, name), '')));
      const root = await openRoot(join(directory, folder));
      const base = 1_700_000_000_000_000_001n + BigInt(index) * 1_000_000n;
      const timeFor = (file: number) => base + BigInt(file);
      const times = names.map((name, file) => ({ path: [name], mtimeNs: `${timeFor(file)}` }));
      await setExactTimes(root, [...times, { path: [], mtimeNs: `${base}` }]);
      await root.close();
      for (const [file, name] of names.entries())
        expect(await timeOf(join(folder, name))).toBe(timeFor(file));
      expect(await timeOf(folder)).toBe(base);
    }),
  );
});

test('a process that is not there, or refuses, is told as such and answers nobody else', async () => {
  const missing = new TimeSetter(join(directory, 'no-python'));
  expect(await missing.ask(0, Buffer.alloc(0))).toBe(false);
  expect(missing.ended).toBe(true);
  expect(await missing.ask(0, Buffer.alloc(0))).toBe(false);
  const there = new TimeSetter('python3');
  expect(await there.ask(999_999, Buffer.alloc(0))).toBe(false);
  expect(there.ended).toBe(false);
});
