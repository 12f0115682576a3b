import { expect, test } from 'vitest';
import { simulate } from './simulate.ts';

const seeds = Array.from({ length: 30 }, (_, index) => index + 1);

test.each(seeds)('seed %i: every invariant holds, and the run repeats to the letter', async (seed) => {
  const [first, second] = [await simulate(seed), await simulate(seed)];
  const replay = `node cells/src/lifecycle/sim/run.ts --seed ${seed}`;
  expect(first.broken, replay).toBeNull();
  expect(second.log, replay).toEqual(first.log);
});
