import { describe, expect, test } from 'vitest';
import { type CellId, cellIdSchema, newUserId, regionIdSchema } from '../ids.ts';
import { seededRandom } from '../random.ts';
import { joined, layoutDocument, moved, overridden, shareOut, withCells, withoutOverrides } from './build.ts';
import { bucketCount, type Cell, cellIn, type Layout, parseLayout } from './pins.ts';

const [eu, us] = [regionIdSchema.parse('eu'), regionIdSchema.parse('us')];
const id = (name: string): CellId => cellIdSchema.parse(name);
const cell = (name: string, url = `http://${name}.test`): Cell => ({
  id: id(name),
  region: regionIdSchema.parse(name.slice(0, 2)),
  url,
});
const two = () => shareOut([cell('eu-1'), cell('us-1'), cell('eu-2')]);

const counts = (layout: Layout, region = eu): Record<string, number> => {
  const found: Record<string, number> = {};
  for (const index of layout.tables.get(region) ?? []) {
    const name = layout.cells[index]?.id ?? '';
    found[name] = (found[name] ?? 0) + 1;
  }
  return found;
};

test('buckets are shared out over a region’s own cells', () => {
  expect(counts(two())).toEqual({ 'eu-1': bucketCount / 2, 'eu-2': bucketCount / 2 });
  expect(counts(two(), us)).toEqual({ 'us-1': bucketCount });
});

describe('a cell that joins', () => {
  test('gets its even share, from each of the others alike, and no other bucket moves', () => {
    const [before, after] = [two(), joined(two(), cell('eu-3'))];
    expect(counts(after)).toEqual({ 'eu-1': 5461, 'eu-2': 5462, 'eu-3': 5461 });
    const table = before.tables.get(eu) ?? [];
    for (const [bucket, index] of (after.tables.get(eu) ?? []).entries())
      if (after.cells[index]?.id !== 'eu-3') expect(index).toBe(table[bucket]);
    expect(after.tables.get(us)).toEqual(before.tables.get(us));
  });

  test('twice changes nothing more', () => {
    const once = joined(two(), cell('eu-3'));
    expect(joined(once, cell('eu-3'))).toEqual(once);
  });

  test('in a region of its own gets all of it', () => {
    expect(counts(joined(two(), cell('ap-1')), regionIdSchema.parse('ap'))).toEqual({ 'ap-1': bucketCount });
  });
});

test('cells that are given again have their new address, and the others stay', () => {
  const changed = withCells(joined(two(), cell('eu-3')), [
    cell('eu-1', 'http://elsewhere.test'),
    cell('eu-4'),
  ]);
  expect(changed.cells.map(({ id: name, url }) => `${name} ${url}`)).toEqual([
    'eu-1 http://elsewhere.test',
    'us-1 http://us-1.test',
    'eu-2 http://eu-2.test',
    'eu-3 http://eu-3.test',
    'eu-4 http://eu-4.test',
  ]);
  expect(counts(changed)).toEqual(counts(joined(two(), cell('eu-3'))));
});

test('a cell that is given again without a key keeps the one it has, and takes another', () => {
  const key = (x: string) => ({ kty: 'OKP', crv: 'Ed25519', x }) as const;
  const named = withCells(two(), [{ ...cell('eu-1'), key: key('one') }]);
  const keysOf = (layout: Layout) => parseLayout(layoutDocument(layout)).cells.map((known) => known.key?.x);
  expect(keysOf(named)).toEqual(['one', undefined, undefined]);
  expect(keysOf(joined(named, { ...cell('eu-1'), key: undefined }))).toEqual(['one', undefined, undefined]);
  expect(keysOf(withCells(named, [{ ...cell('eu-1'), key: key('two') }]))).toEqual([
    'two',
    undefined,
    undefined,
  ]);
});

test('buckets move from one cell to another of its region alone', () => {
  expect(counts(moved(two(), id('eu-1'), id('eu-2'), 10))).toEqual({ 'eu-1': 8182, 'eu-2': 8202 });
  expect(() => moved(two(), id('eu-1'), id('us-1'), 10)).toThrow();
  expect(() => moved(two(), id('eu-9'), id('eu-1'), 10)).toThrow();
});

test('a user is pinned to a cell, and by his bucket again', () => {
  const userId = newUserId(seededRandom(1));
  const pinned = overridden(overridden(two(), [userId], id('eu-1')), [userId], id('eu-2'));
  expect(cellIn(pinned, { userId, region: eu })?.id).toBe('eu-2');
  expect(withoutOverrides(pinned, [userId])).toEqual(two());
  expect(() => overridden(two(), [userId], id('eu-9'))).toThrow();
});

test('an override counts in its cell’s region alone, and there is one for each', () => {
  const userId = newUserId(seededRandom(1));
  const pinned = overridden(overridden(two(), [userId], id('us-1')), [userId], id('eu-2'));
  expect(cellIn(pinned, { userId, region: eu })?.id).toBe('eu-2');
  expect(cellIn(pinned, { userId, region: us })?.id).toBe('us-1');
});

test('an override follows its cell to a new address', () => {
  const userId = newUserId(seededRandom(1));
  const layout = withCells(overridden(two(), [userId], id('eu-2')), [cell('eu-2', 'http://new.test')]);
  expect(cellIn(layout, { userId, region: eu })?.url).toBe('http://new.test');
});

test('a layout written down and read again is the same', () => {
  const layout = overridden(joined(two(), cell('eu-3')), [newUserId(seededRandom(1))], id('eu-3'));
  expect(parseLayout(layoutDocument(layout))).toEqual(layout);
});
