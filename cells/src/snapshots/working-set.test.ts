import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import { imageKeySchema } from './image-key.ts';
import { placedIn, WorkingSets } from './working-set.ts';

test('a place is kept from the end that it is nearer to', () => {
  const sought = { path: 'pages', chunks: [1, 90, 49, 50], of: 100 };
  expect(placedIn(sought, 120)).toEqual([1, 110, 49, 70]);
  expect(placedIn(sought, 100)).toEqual([1, 90, 49, 50]);
});

test('of a file that shrank nothing is wanted that it does not have, and nothing twice', () => {
  expect(placedIn({ path: 'pages', chunks: [40, 60, 10, 99], of: 100 }, 50)).toEqual([40, 10, 49]);
  expect(placedIn({ path: 'pages', chunks: [1, 3], of: 4 }, 2)).toEqual([1]);
  expect(placedIn({ path: 'pages', chunks: [1], of: 4 }, 0)).toEqual([]);
});

test('of very many workspaces the one noted longest ago is forgotten', () => {
  const sets = new WorkingSets();
  const files = [{ kind: 'chunks' as const, path: 'pages', chunks: [{ name: 'a'.repeat(64), bytes: 1 }] }];
  const sought = { path: 'pages', chunks: [0], of: 1 };
  const keys = Array.from({ length: limits.snapshots.workingSetsMax + 1 }, () =>
    imageKeySchema.parse(systemRandom.bytes(32)),
  );
  for (const key of keys) sets.note(key, sought);
  expect(keys.slice(0, 2).map((key) => sets.of(key, files))).toEqual([[], [{ path: 'pages', chunks: [0] }]]);
});
