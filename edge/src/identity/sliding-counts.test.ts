import { expect, test } from 'vitest';
import { SlidingCounts } from './sliding-counts.ts';

const minuteMs = 60_000;
const entered = (counts: SlidingCounts, times: number, nowMs: number, key = 'one') =>
  Array.from({ length: times }, () => counts.enter(key, 4, nowMs)).filter((waitMs) => waitMs === null).length;

test('so many enter in a minute, whoever comes then is told how long to wait, and others are not counted with them', () => {
  const counts = new SlidingCounts();
  expect(entered(counts, 6, minuteMs)).toBe(4);
  expect(counts.enter('one', 4, minuteMs + 15_000)).toBe(45_000);
  expect(entered(counts, 6, minuteMs, 'other')).toBe(4);
});

test('the minute before counts for as much of it as is left', () => {
  const counts = new SlidingCounts();
  entered(counts, 4, minuteMs);
  expect(entered(counts, 6, 2 * minuteMs)).toBe(0);
  expect(entered(counts, 6, 2 * minuteMs + 30_000)).toBe(2);
  expect(entered(counts, 6, 4 * minuteMs)).toBe(4);
});

test('somebody whose clock is behind is counted with the others', () => {
  const counts = new SlidingCounts();
  expect(entered(counts, 4, 2 * minuteMs)).toBe(4);
  expect(entered(counts, 4, 2 * minuteMs - 1)).toBe(0);
});
