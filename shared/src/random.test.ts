import { expect, test } from 'vitest';
import { seededRandom, systemRandom } from './random.ts';

test('the same seed draws the same values, another seed others', () => {
  const draw = (seed: number) => {
    const random = seededRandom(seed);
    return [random.float(), random.int(100), random.uuid(), [...random.bytes(8)]];
  };
  expect(draw(5)).toEqual(draw(5));
  expect(draw(5)).not.toEqual(draw(6));
});

test.each([['system', systemRandom] as const, ['seeded', seededRandom(3)] as const])(
  '%s integers stay below their bound and reach all of it',
  (_name, random) => {
    const seen = new Set(Array.from({ length: 2_000 }, () => random.int(7)));
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  },
);
