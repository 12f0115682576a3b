import { expect, test } from 'vitest';
import { fallenDays } from './file-versions.ts';

const day = 24 * 3_600_000;
const at = (days: number, hours = 0) => `${Date.UTC(2026, 0, 1 + days, hours)}:user-a`;
const plan = { recent: 3, dailyMs: 30 * day };
const now = Date.UTC(2026, 0, 41);

test('of each day the last one stays, whatever order they come in', () => {
  expect(fallenDays([at(38, 9), at(38, 17), at(39, 1), at(38, 12)], now, plan)).toEqual([
    at(38, 9),
    at(38, 12),
  ]);
});

test('what is older than the plan goes, also the last of its day', () => {
  expect(fallenDays([at(0), at(9), at(10), at(39)], now, plan)).toEqual([at(0), at(9)]);
});
