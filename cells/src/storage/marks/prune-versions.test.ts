import { expect, test } from 'vitest';
import type { FileEntry } from '../tree/entry.ts';
import { type KeptFile, pruneVersions, type Retention } from './prune-versions.ts';

const day = 24 * 3_600_000;
const now = 1_750_000_000_000;
const plan: Retention = {
  ...{ recent: 100, dailyMs: 30 * day, goneMs: 30 * day },
  ...{ countMax: 5_000, bytesMax: 2.5 * 1024 ** 3 },
} as Retention;
const within = (bounds: { countMax?: number; bytesMax?: number }) => ({ ...plan, ...bounds }) as Retention;

/** A file's entry whose bytes lie in these chunks. */
const of = (...chunks: [name: string, length: number][]): FileEntry => ({
  ...{ type: 'file', mode: 0o644, mtimeNs: '0', createdNs: '0' },
  size: chunks.reduce((sum, [, length]) => sum + length, 0),
  content: { in: 'runs', runs: chunks },
});

/** Versions by the days since they were saved, each a thousand bytes of its own unless told. */
function file(
  name: string,
  daysAgo: number[],
  more: Partial<KeptFile> = {},
  entries?: FileEntry[],
): KeptFile {
  const versions = daysAgo.map((days, at) => {
    const savedMs = now - days * day;
    const entry = entries?.[at] ?? of([`${name} ${days}`, 1_000]);
    return { list: days > 10 ? 'daily' : 'recent', name: `${savedMs}:u`, savedMs, entry } as const;
  });
  return { place: ['versions', `v:${name}`], isThere: true, goneSinceMs: null, versions, ...more };
}
const removed = (files: KeptFile[], retention = plan) =>
  pruneVersions(files, now, retention).changes.flatMap(({ kind, path }) =>
    kind === 'remove' ? [path.slice(1).join('/')] : [],
  );
const at = (days: number) => `${now - days * day}:u`;

test('of a file that is there the daily ones go by age, and the next to go is told', () => {
  const files = [file('a', [40, 29, 5, 1])];
  expect(removed(files)).toEqual([`v:a/daily/${at(40)}`]);
  expect(pruneVersions(files, now, plan).dueAtMs).toBe(now + day);
});

test('a file that is seen missing is marked, and nothing of it goes yet', () => {
  const { changes, dueAtMs } = pruneVersions([file('a', [2, 1], { isThere: false })], now, plan);
  expect(changes).toMatchObject([
    { kind: 'set', path: ['versions', 'v:a', 'gone'], entry: { type: 'link', mtimeNs: `${now}000000` } },
  ]);
  expect(dueAtMs).toBe(now + 30 * day);
});

test('one that is missing for long enough goes with its place, and one that is back loses its mark', () => {
  const long = { goneSinceMs: now - 30 * day };
  expect(removed([file('a', [2, 1], { isThere: false, ...long })])).toEqual(['v:a']);
  expect(removed([file('a', [2, 1], long)])).toEqual(['v:a/gone']);
  expect(removed([file('a', [2, 1], { isThere: false, goneSinceMs: now - 29 * day })])).toEqual([]);
});

test('beyond the number a workspace may keep the oldest go, of every file that is there the newest last', () => {
  const files = [
    file('old', [9]),
    file('new', [8, 2, 1]),
    file('gone', [7], { isThere: false, goneSinceMs: now }),
  ];
  expect(removed(files, within({ countMax: 3 }))).toEqual([`v:new/recent/${at(8)}`, 'v:gone']);
  expect(removed(files, within({ countMax: 1 })).sort()).toEqual(
    ['v:gone', 'v:old', `v:new/recent/${at(8)}`, `v:new/recent/${at(2)}`].sort(),
  );
});

test('beyond the bytes it may keep the oldest go, and what versions share counts once', () => {
  const shared: [string, number] = ['shared', 5_000];
  const entries = [of(shared, ['x', 1_000]), of(shared, ['y', 1_000]), of(shared, ['z', 1_000])];
  const files = [file('a', [3, 2, 1], {}, entries)];
  expect(removed(files, within({ bytesMax: 2_000 }))).toEqual([]);
  expect(removed(files, within({ bytesMax: 1_999 }))).toEqual([`v:a/recent/${at(3)}`]);
  const gone = [file('a', [3, 2, 1], { isThere: false, goneSinceMs: now }, entries)];
  expect(removed(gone, within({ bytesMax: 8_000 }))).toEqual([]);
  expect(removed(gone, within({ bytesMax: 7_999 }))).toEqual([`v:a/recent/${at(3)}`]);
});

test('the newest of a file that is there never goes for its bytes: it is the file', () => {
  expect(removed([file('a', [1], {}, [of(['big', 10 ** 12])])], within({ bytesMax: 1 }))).toEqual([]);
});

test('pruning what was pruned changes nothing', () => {
  expect(removed([file('a', [29, 5, 1])])).toEqual([]);
});
