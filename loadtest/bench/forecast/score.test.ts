import { expect, test } from 'vitest';
import { scoreOf, seasonalNaive } from './score.ts';
import { countedOf } from './series.ts';

test('a score is of the held-back intervals alone', () => {
  const forecast = { median: [9, 9, 1, 1], quantile: [9, 9, 2, 1.5] };
  expect(scoreOf([5, 5, 1, 4], 2, forecast, 0.95)).toEqual({
    ...{ mae: 1.5, missedShare: 0.4, meanReady: 2 },
    pinball: Math.round(((0.05 * 1 + 0.95 * 2.5) / 2) * 10_000) / 10_000,
  });
});

test('seasonal-naive repeats the last season, and its quantile adds what the errors of earlier days were', () => {
  const { median, quantile } = seasonalNaive([1, 2, 3, 2, 9, 9], 4, 2, 0.5);
  expect(median).toEqual([0, 0, 1, 2, 3, 2]);
  expect(quantile).toEqual([2, 2, 3, 4, 5, 4]);
});

test('times are counted by interval, and what is outside is left out', () => {
  expect(countedOf('n', [-1, 0, 9, 10, 35, 40], { from: 0, to: 40, intervalMs: 10 }).asked).toEqual([
    2, 1, 0, 1,
  ]);
});
