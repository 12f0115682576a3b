import { seededRandom } from '@cellbook/shared/random.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEvent } from './apply-event.ts';
import { decide } from './decide.ts';
import { decodePart, encodePart } from './dump/encode-part.ts';
import { dumpState, loadState, stateDigest } from './dump-state.ts';
import { newState, type SchedulerState } from './state.ts';
import { always } from './testing/invariants.ts';
import { Walk } from './testing/walk.ts';

const seeds = fc.integer({ min: 1, max: 1_000_000 });

/** As it would come back from where snapshots are kept, in parts of which each goes on with what the ones before told. */
function reloaded(state: SchedulerState): Promise<SchedulerState> {
  return loadState(Array.from(dumpState(state, 3), (part) => decodePart(encodePart(part))));
}

describe('a region through which days go at random', () => {
  it('always_keeps_what_must_be_kept', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const walk = new Walk(seed);
        for (let step = 0; step < 50; step++) always(walk.region.state, walk.step());
      }),
      { numRuns: 40 },
    );
  });

  it('always_is_rebuilt_as_it_was_at_every_prefix_of_its_log', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const { region, ...walk } = walked(seed);
        const replayed = newState();
        let applied = 0;
        for (let step = 0; step < 25; step++) {
          walk.step();
          for (; applied < region.log.length; applied++)
            expect(applyEvent(replayed, region.log[applied]!)).toBe(true);
          const digest = stateDigest(region.state);
          expect(stateDigest(replayed)).toBe(digest);
          expect(stateDigest(await reloaded(region.state))).toBe(digest);
        }
      }),
      { numRuns: 10 },
    );
  });

  it('always_decides_the_same_from_the_same_log_whether_it_lived_through_it_or_was_rebuilt', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.integer({ min: 1, max: 40 }), async (seed, steps) => {
        const { region, ...walk } = walked(seed);
        for (let step = 0; step < steps; step++) walk.step();
        const rebuilt = await reloaded(region.state);
        let nowMs = region.nowMs;
        for (let round = 0; round < 8; round++) {
          nowMs += (round % 3) * 20_000;
          const decided = decide(region.state, nowMs, seededRandom(round));
          expect(decide(rebuilt, nowMs, seededRandom(round))).toEqual(decided);
        }
        expect(stateDigest(rebuilt)).toBe(stateDigest(region.state));
      }),
      // A kind of host that was there and is not any more told classes of jobs apart.
      { numRuns: 25, examples: [[179_458, 6]] },
    );
  });
});

function walked(seed: number) {
  const walk = new Walk(seed);
  return { region: walk.region, step: () => walk.step() };
}
