import { hostIdSchema } from '@cellbook/shared/ids.ts';
import { expect, test } from 'vitest';
import { targetsOf } from './target.ts';

const host = (name: string, capacity: number) => ({ hostId: hostIdSchema.parse(name), capacity });
const targets = (...asked: Parameters<typeof targetsOf>) => [...targetsOf(...asked).values()];

test('a forecast is shared out by places, at least one to each host and at most a quarter of its places', () => {
  const hosts = [host('a', 40), host('b', 8), host('c', 3)];
  expect(targets('auto', hosts, 0)).toEqual([1, 1, 1]);
  expect(targets('auto', hosts, 6)).toEqual([5, 1, 1]);
  expect(targets('auto', hosts, 1_000)).toEqual([10, 2, 1]);
  expect(targets('auto', [host('a', 1_000)], 1_000)).toEqual([50]);
  expect(targets('auto', [host('silent', 0)], 5)).toEqual([1]);
});

test('a number is what each host has, whatever is expected', () => {
  expect(targets(3, [host('a', 40), host('b', 8)], 100)).toEqual([3, 3]);
  expect(targets(0, [host('a', 40)], 100)).toEqual([0]);
});
