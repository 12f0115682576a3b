import { expect, test } from 'vitest';
import { foldersOf, readBytes, readFile, shapeOf, sum } from './shape.ts';

test('a workspace of 20 GiB has 20 GiB in a few large files and thousands of small ones', () => {
  const files = shapeOf(20);
  expect(Math.abs(sum(files) / (20 * 1024 ** 3) - 1)).toBeLessThan(0.001);
  expect(new Set(files.map(({ path }) => path)).size).toBe(files.length);
  expect(files.length).toBeGreaterThan(8_000);
  expect(foldersOf(files)).toBeGreaterThan(600);
  expect(files.filter(({ bytes }) => bytes > 1024 ** 3).length).toBeGreaterThanOrEqual(10);
});

test('of any size there is the file that a cell reads', () => {
  for (const gib of [0.05, 1, 20]) {
    const file = shapeOf(gib).find(({ path }) => path === readFile);
    expect(file?.bytes).toBeGreaterThan(readBytes);
  }
});
