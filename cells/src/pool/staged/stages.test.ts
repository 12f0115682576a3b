import { expect, test } from 'vitest';
import type { Generation, Stage } from './generation-store.ts';
import { noCounts } from './judge.ts';
import { claimableOf, stagesOf, wantedOn, withoutAlternative } from './stages.ts';

const generation = (name: string, stage: Stage, stagedAtMs = 1): Generation => ({
  ...{ generation: name, stage, stagedAtMs, ...noCounts },
});
const all = [
  generation('old', 'current'),
  generation('new', 'candidate', 2),
  generation('bad', 'rolled_back', 3),
];
const stages = stagesOf(all);
const drawn = (float: number) => ({ float: () => float });

test('beside the current image a small share is kept of the candidate, and none of one that was rolled back', () => {
  expect(wantedOn(['old', 'new', 'bad'], stages, 10)).toEqual(
    new Map([
      ['old', 10],
      ['new', 1],
    ]),
  );
  expect(wantedOn(['new', 'bad'], stages, 20)).toEqual(new Map([['new', 2]]));
  expect(wantedOn(['bad'], stages, 20)).toEqual(new Map());
  expect(wantedOn(['old', 'new'], stages, 0)).toEqual(new Map());
});

test('a claim in ten may have the candidate’s, the others never; where nothing else is, all', () => {
  expect(claimableOf(['old', 'new'], stages, drawn(0.05))).toEqual(['new', 'old']);
  expect(claimableOf(['old', 'new'], stages, drawn(0.5))).toEqual(['old']);
  expect(claimableOf(['new', 'bad'], stages, drawn(0.5))).toEqual(['new']);
  expect(claimableOf(['bad'], stages, drawn(0.05))).toEqual([]);
});

test('of several candidates the newest is tried', () => {
  expect(stagesOf([...all, generation('newer', 'candidate', 4)])).toEqual({
    current: 'old',
    candidate: 'newer',
  });
});

test('where no host has the current image any more the candidate is current, or one of the past that a host runs', () => {
  const offer = (own: string | null, ...generations: string[]) => ({ own, generations });
  expect(withoutAlternative([offer('new', 'new', 'bad')], all)).toBe('new');
  expect(withoutAlternative([offer('new', 'new'), offer('old', 'old')], all)).toBeNull();
  expect(withoutAlternative([offer('new', 'new'), null], all)).toBeNull();
  expect(withoutAlternative([offer(null)], all)).toBeNull();
  expect(withoutAlternative([offer('bad', 'bad')], all)).toBeNull();
  expect(withoutAlternative([offer('before', 'before')], [...all, generation('before', 'past')])).toBe(
    'before',
  );
});
