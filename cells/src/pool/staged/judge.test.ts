import { limits } from '@cellbook/shared/limits.ts';
import { expect, test } from 'vitest';
import { interval, judge, noCounts } from './judge.ts';

const { triedMin, promoteClaimsMin } = limits.pool.staged;
const good = { tried: 400, crashed: 2, claims: 200, slow: 10 };

test('Wilson’s interval is as published', () => {
  // Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I.
  for (const [bad, of, low, high] of [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
  ] as const) {
    expect(interval(bad, of).low).toBeCloseTo(low, 4);
    expect(interval(bad, of).high).toBeCloseTo(high, 4);
  }
});

test('of too few nothing is concluded, however bad they are', () => {
  const few = triedMin - 1;
  expect(judge({ ...noCounts, tried: few, crashed: few }, good)).toEqual({ type: 'wait' });
  expect(judge({ tried: 60, crashed: 0, claims: few, slow: few }, good)).toEqual({ type: 'wait' });
});

test('one that crashes more than chance explains is rolled back, though the current one has no counts yet', () => {
  const crashing = { ...noCounts, tried: triedMin, crashed: 4 };
  expect(judge(crashing, good)).toEqual({ type: 'roll_back', because: 'crashes' });
  expect(judge(crashing, noCounts)).toEqual({ type: 'roll_back', because: 'crashes' });
  expect(judge({ ...crashing, crashed: 1 }, good)).toEqual({ type: 'wait' });
});

test('one that is slower than the current one is rolled back, and a slow machine is no fault of it', () => {
  const slow = { tried: 60, crashed: 0, claims: 30, slow: 15 };
  expect(judge(slow, good)).toEqual({ type: 'roll_back', because: 'latency' });
  expect(judge(slow, { ...good, slow: 100 })).toEqual({ type: 'promote' });
});

test('one that has done well often enough has everybody', () => {
  const well = { tried: 2 * promoteClaimsMin, crashed: 0, claims: promoteClaimsMin, slow: 1 };
  expect(judge(well, good)).toEqual({ type: 'promote' });
  expect(judge({ ...well, claims: promoteClaimsMin - 1 }, good)).toEqual({ type: 'wait' });
});
