import { expect, test } from 'vitest';
import {
  type Metered,
  type MeteredRow,
  orderedRows,
  shownBytes,
  shownNumber,
  spanOf,
  toCsv,
  totals,
} from './usage-numbers.js';

const none = { seconds: 0, byteSeconds: 0 };
const row = (change: Partial<MeteredRow> = {}): MeteredRow => ({
  ...{ start: '2026-11-01T00:00:00.000Z', key: 'ws-1', name: 'one' },
  ...{ running: none, live: none, memory: none, memoryRemote: none },
  ...{ files: none, versions: none, environment: none, egress: { upBytes: 0, downBytes: 0 } },
  ...change,
});
const metered = (rows: MeteredRow[], by: Metered['by'] = 'total'): Metered => ({
  ...{ from: '', to: '', by, group: 'workspace', rows, missing: [] },
});
const hours = (count: number) => ({ seconds: count * 3_600, byteSeconds: count * 3_600 * 2 ** 30 });

test('a time begins at a whole hour of UTC, and a month with its first day', () => {
  const nowMs = Date.parse('2026-01-15T10:20:30Z');
  expect(spanOf('day', nowMs)).toEqual({ from: '2026-01-14T10:00:00.000Z' });
  expect(spanOf('week', nowMs)).toEqual({ from: '2026-01-08T00:00:00.000Z' });
  expect(spanOf('month', nowMs)).toEqual({ from: '2026-01-01T00:00:00.000Z' });
  expect(spanOf('before', nowMs)).toEqual({
    from: '2025-12-01T00:00:00.000Z',
    to: '2026-01-01T00:00:00.000Z',
  });
});

test('next to nothing is not nothing, and bytes are in the unit that fits', () => {
  expect([0, 0.001, 0.5, 12.345, 12_345.6].map(shownNumber)).toEqual([
    '0',
    '< 0.01',
    '0.5',
    '12.35',
    '12,346',
  ]);
  expect([0, 1_023, 1_024, 1_536 * 2 ** 20].map(shownBytes)).toEqual([
    '0 bytes',
    '1,023 bytes',
    '1 KiB',
    '1.5 GiB',
  ]);
});

test('those that used most come first, and rows of times keep their order', () => {
  const [small, large] = [row({ running: hours(1) }), row({ key: 'ws-2', running: hours(9) })];
  expect(orderedRows(metered([small, large])).map(({ key }) => key)).toEqual(['ws-2', 'ws-1']);
  expect(orderedRows(metered([small, large], 'day')).map(({ key }) => key)).toEqual(['ws-1', 'ws-2']);
  expect(totals([small, large]).slice(0, 2)).toEqual([10, 10]);
});

test('a name is no formula to a spreadsheet', () => {
  const [, line = ''] = toCsv(metered([row()]), () => '=1+"2", x').split('\r\n');
  expect(line.startsWith(`2026-11-01,"'=1+""2"", x",ws-1,0.000000`)).toBe(true);
});

test('what a cell does not count yet is shown as nothing', () => {
  const { environment: _, ...earlier } = row({ files: hours(2) });
  expect(totals([earlier])).toHaveLength(totals([row()]).length);
  expect(totals([earlier, row({ environment: hours(3) })])).toEqual(
    totals([row({ files: hours(2), environment: hours(3) })]),
  );
});
