import { expect, test } from 'vitest';
import { emptyShare, forecastSize, type Measured, outcomeOf, quantileOf } from './model.ts';

const measured: Measured = {
  times: { live: [100], memory: [400], files: [200], cold: [2_000] },
  ...{ frozenMiB: 200, imageMiB: 100 },
};
const absences = [10, 100, 1_000, 10_000];

test('each absence is followed to the rung that its policy has kept, and what is held is averaged over the time away', () => {
  const kept = outcomeOf(measured, absences, { liveMs: 10, imageMs: 1_000, hasPool: false });
  expect(kept).toMatchObject({ p50Ms: 400, p95Ms: 2_000, keepsShare: 0.75 });
  expect(kept.memoryMiB).toBeCloseTo((200 * 40) / 11_110);
  expect(kept.diskMiB).toBeCloseTo((100 * (0 + 90 + 990 + 990)) / 11_110);
});

test('nothing kept costs nothing, and is a boot or a claim each time', () => {
  const nothing = { liveMs: 0, imageMs: 0 };
  expect(outcomeOf(measured, absences, { ...nothing, hasPool: false })).toEqual({
    ...{ p50Ms: 2_000, p95Ms: 2_000, keepsShare: 0, memoryMiB: 0, diskMiB: 0 },
  });
  expect(outcomeOf(measured, absences, { ...nothing, hasPool: true })).toMatchObject({ p95Ms: 200 });
});

test('a quantile of a mixture weighs its parts, however many values each has', () => {
  const mixture = [
    { values: [1, 2, 3, 4], weight: 0.94 },
    { values: [100], weight: 0.06 },
  ];
  expect(quantileOf(mixture, 0.94)).toBe(4);
  expect(quantileOf(mixture, 0.95)).toBe(100);
});

test('a forecast keeps what comes in 95 of 100 minutes, at least one, and a quarter of the places at most', () => {
  // Poisson, by hand: of mean 0.5 two, of mean 2 five.
  expect([1, 30, 120, 1_200].map((perHour) => forecastSize(perHour, 200))).toEqual([1, 2, 5, 28]);
  expect([0, 120].map((perHour) => forecastSize(perHour, 10))).toEqual([1, 2]);
});

test('a pool of none is always empty, and each member more is missed less often', () => {
  expect(emptyShare(0, 60, 5_000)).toBe(1);
  const shares = [1, 2, 3, 4].map((size) => emptyShare(size, 600, 2_000));
  expect(shares[0]).toBeCloseTo(1 / 3 / (1 + 1 / 3));
  expect(shares).toEqual(shares.toSorted((one, other) => other - one));
});
