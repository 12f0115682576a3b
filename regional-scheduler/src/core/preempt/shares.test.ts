import { seededRandom } from '@cellbook/shared/random.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tierNames } from '../share/tiers.ts';
import { improves, mayTakeFrom, type Shares, sortedRatios } from './shares.ts';

const gpus = fc.integer({ min: 0, max: 40 });
const amounts = fc.record({ free: gpus, paid: gpus, enterprise: gpus });

/** Any one that is allowed, as a random look at them finds it. */
function nextMove(shares: Shares, random: ReturnType<typeof seededRandom>) {
  for (let tries = 0; tries < 200; tries++) {
    const [to, victim] = [tierNames[random.int(3)]!, tierNames[random.int(3)]!];
    const milli = 1 + random.int(8);
    const move = { to, gainsMilli: milli, losses: [{ tier: victim, milli }] };
    if (milli <= shares.held[victim] && mayTakeFrom(shares, to, victim) && improves(shares, move))
      return move;
  }
  return null;
}

it('always_makes_the_sorted_shares_strictly_better_and_so_ends_when_nobody_comes', () => {
  fc.assert(
    fc.property(amounts, amounts, fc.integer(), (held, entitled, seed) => {
      const random = seededRandom(seed);
      const floor = { free: entitled.free / 2, paid: entitled.paid / 2, enterprise: entitled.enterprise / 2 };
      const shares: Shares = { held: { ...held }, entitled, floor };
      let moves = 0;
      for (let move = nextMove(shares, random); move; move = nextMove(shares, random)) {
        const before = sortedRatios(shares, shares.held);
        shares.held[move.to] += move.gainsMilli;
        for (const { tier, milli } of move.losses) shares.held[tier] -= milli;
        const after = sortedRatios(shares, shares.held);
        const first = after.findIndex((ratio, at) => ratio !== before[at]);
        expect(after[first]).toBeGreaterThan(before[first]!);
        // Each is one of finitely many sharings, and none comes twice.
        expect(++moves).toBeLessThan(1_000);
      }
    }),
    { numRuns: 200 },
  );
});
