import { expect, test } from 'vitest';
import { ShapedPath } from './shaped-path.ts';

test('a piece takes its own time and the way', () => {
  const path = new ShapedPath(1_000, 10);
  expect(path.arrivesAtMs(0, 125_000)).toBeCloseTo(11);
});

test('pieces sent at once stand in line, so that a second holds no more than the link carries', () => {
  const path = new ShapedPath(1_000, 10);
  const arrivals = Array.from({ length: 1_000 }, () => path.arrivesAtMs(0, 125_000));
  expect(arrivals.at(-1)).toBeCloseTo(1_010);
  expect(arrivals).toEqual(arrivals.toSorted((one, other) => one - other));
});

test('time in which nothing was sent is not made up for', () => {
  const path = new ShapedPath(1_000, 10);
  path.arrivesAtMs(0, 125_000);
  expect(path.arrivesAtMs(500, 125_000)).toBeCloseTo(511);
  expect(path.arrivesAtMs(500, 125_000)).toBeCloseTo(512);
});
