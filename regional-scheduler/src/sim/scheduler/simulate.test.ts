import { describe, expect, it } from 'vitest';
import { mutations, seedFor } from './mutations.ts';
import { judgeSeed } from './seeds.ts';
import { simulate } from './simulate.ts';

/** Three of each kind of trouble; `npm test` runs a thousand beside its tests (ops/test/beside.ts). */
const seeds = Array.from({ length: 30 }, (_, index) => index + 1);
const replay = (seed: number) => `npm run sim:scheduler -- --seed ${seed}`;

describe('a region through every kind of trouble', () => {
  it.each(seeds)('seed %i: every invariant holds, and the run repeats to the letter', (seed) => {
    expect(judgeSeed(seed, null).broken, replay(seed)).toBeNull();
  });
});

describe('the simulation', () => {
  it.each(mutations)('finds the fault: %s', (mutation) => {
    const isFound = Array.from({ length: 40 }, (_, number) => seedFor(mutation, number)).some(
      (seed) => simulate(seed, mutation).broken !== null,
    );
    expect(isFound).toBe(true);
  });
});
