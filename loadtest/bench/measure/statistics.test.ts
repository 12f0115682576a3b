import { describe, expect, test } from 'vitest';
import { percentile, slope, summarize } from './statistics.ts';

describe('percentile', () => {
  test('takes the nearest rank, whatever the order of the values', () => {
    const values = [15, 50, 20, 40, 35];
    expect(percentile(values, 0.05)).toBe(15);
    expect(percentile(values, 0.3)).toBe(20);
    expect(percentile(values, 0.4)).toBe(20);
    expect(percentile(values, 0.5)).toBe(35);
    expect(percentile(values, 1)).toBe(50);
  });

  test('sorts numbers as numbers, not as text', () => {
    expect(percentile([9, 10, 100], 0.5)).toBe(10);
  });

  test('the 99th of a hundred values is the second largest', () => {
    const values = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(percentile(values, 0.99)).toBe(99);
    expect(percentile(values, 0.5)).toBe(50);
  });

  test('refuses no values and a fraction outside (0, 1]', () => {
    expect(() => percentile([], 0.5)).toThrow(RangeError);
    expect(() => percentile([1], 0)).toThrow(RangeError);
    expect(() => percentile([1], 1.01)).toThrow(RangeError);
    expect(() => percentile([1], Number.NaN)).toThrow(RangeError);
  });
});

describe('summarize', () => {
  test('pools the latencies of interleaved stretches and divides by the time spent in them', () => {
    const summary = summarize([
      { latenciesMs: [1, 2, 3], elapsedMs: 500 },
      { latenciesMs: [4, 100], elapsedMs: 1500 },
    ]);
    expect(summary).toEqual({ p50Ms: 3, p99Ms: 100, msgPerSecond: 2.5, n: 5 });
  });
});

describe('slope', () => {
  test('finds what each socket costs, whatever the base', () => {
    const points = [0, 500, 1000, 2000].map((sockets) => [sockets, 80e6 + sockets * 9216] as const);
    expect(slope(points)).toBeCloseTo(9216, 6);
  });

  test('is the least-squares fit when the readings are noisy', () => {
    expect(
      slope([
        [0, 1],
        [1, 3],
        [2, 2],
      ]),
    ).toBeCloseTo(0.5, 12);
  });

  test('refuses readings at fewer than two socket counts', () => {
    expect(() => slope([[1, 1]])).toThrow(RangeError);
    expect(() =>
      slope([
        [2, 1],
        [2, 5],
      ]),
    ).toThrow(RangeError);
  });
});
