import { limits } from '@cellbook/shared/limits.ts';
import { expect, test } from 'vitest';
import {
  type Counts,
  type Evidence,
  interval,
  judge as judgeAfter,
  noCounts,
  noOwners,
  sumOf,
} from './judge.ts';

const { triedMin, promoteClaimsMin, ownersLeftOut, ownersMin, fewOwnersMs } = limits.pool.staged;
/** As long as others may still come, unless told. */
const judge = (candidate: Evidence, current: Evidence, sinceMs = 0) =>
  judgeAfter(candidate, current, sinceMs);

/** Of restores, and of members that are nobody's. */
const nobodys = (counts: Partial<Counts>): Evidence => ({
  total: { ...noCounts, ...counts },
  owned: noOwners,
});

/** Of claims, one entry for each owner. */
function owned(owners: readonly Partial<Counts>[], restored = 0): Evidence {
  const each = owners.map((counts) => ({ ...noCounts, ...counts }));
  const all = sumOf(each);
  const having = (key: 'crashed' | 'slow') =>
    each.filter((counts) => counts[key] > 0).toSorted((one, other) => other[key] - one[key]);
  const most = (key: 'crashed' | 'slow') => sumOf(having(key).slice(0, ownersLeftOut));
  return {
    total: { ...all, tried: all.tried + restored },
    owned: {
      ...{ all, mostCrashed: most('crashed'), mostSlow: most('slow'), owners: each.length },
      ...{ ownersCrashed: having('crashed').length, ownersSlow: having('slow').length },
    },
  };
}

/** So many owners who claimed so often each. */
const each = (owners: number, counts: Partial<Counts>) => Array.from({ length: owners }, () => counts);
const once = { tried: 1, claims: 1 };
const good = owned(each(200, once), 200);
const wait = { type: 'wait', doubtful: false };
const doubt = { type: 'wait', doubtful: true };

test('Wilson’s interval is as published', () => {
  // Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I.
  for (const [bad, of, low, high] of [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
  ] as const) {
    expect(interval(bad, of).low).toBeCloseTo(low, 4);
    expect(interval(bad, of).high).toBeCloseTo(high, 4);
  }
});

test('of too few nothing is concluded, however bad they are', () => {
  const few = triedMin - 1;
  expect(judge(nobodys({ tried: few, crashed: few }), good)).toEqual(wait);
  expect(judge(owned(each(few, { ...once, slow: 1 }), 60), good)).toEqual(wait);
});

test('one whose restores crash more than chance explains is rolled back, though the current one has no counts yet', () => {
  const crashing = nobodys({ tried: triedMin, crashed: 4 });
  expect(judge(crashing, good)).toEqual({ type: 'roll_back', because: 'crashes' });
  expect(judge(crashing, nobodys({}))).toEqual({ type: 'roll_back', because: 'crashes' });
  expect(judge(nobodys({ tried: triedMin, crashed: 1 }), good)).toEqual(wait);
});

test('one that crashes for many people is rolled back', () => {
  const crashing = owned([...each(8, { ...once, crashed: 1 }), ...each(20, once)]);
  expect(judge(crashing, good)).toEqual({ type: 'roll_back', because: 'crashes' });
});

test('one or two people, however often they make theirs crash or slow, neither roll it back nor keep it from others', () => {
  for (const bad of ['crashed', 'slow'] as const) {
    const spoiler = { tried: 500, claims: 500, [bad]: 500 };
    expect(judge(owned([spoiler]), good)).toEqual(doubt);
    expect(judge(owned([spoiler, spoiler, ...each(10, once)], 10), good)).toEqual(doubt);
    expect(judge(owned([spoiler, spoiler, ...each(promoteClaimsMin, once)]), good)).toEqual({
      type: 'promote',
    });
  }
});

test('where so few are there that others never say so, what they have seen counts after a while, and only there', () => {
  const people = ownersLeftOut + ownersMin - 1;
  const usual = owned(each(people, { tried: 30, claims: 30 }));
  for (const [bad, because] of [
    ['crashed', 'crashes'],
    ['slow', 'latency'],
  ] as const) {
    const worse = owned(each(ownersLeftOut, { tried: triedMin, claims: triedMin, [bad]: triedMin }));
    expect(judge(worse, usual, fewOwnersMs - 1)).toEqual(doubt);
    expect(judge(worse, usual, fewOwnersMs)).toEqual({ type: 'roll_back', because });
    expect(judge(owned([{ tried: 500, claims: 500, [bad]: 500 }]), good, fewOwnersMs)).toEqual(doubt);
  }
  const well = owned(each(people, { tried: promoteClaimsMin, claims: promoteClaimsMin }));
  expect(judge(well, usual, fewOwnersMs)).toEqual({ type: 'promote' });
  expect(judge(owned([once]), usual, fewOwnersMs)).toEqual(wait);
});

test('three of a thousand are still few: what is wrong for everybody is seen by a share of them', () => {
  const spoilers = each(3, { tried: 200, claims: 200, crashed: 200 });
  expect(judge(owned([...spoilers, ...each(997, once)]), good)).toEqual(doubt);
  expect(judge(owned([...spoilers, ...each(8, once)]), good)).toEqual({
    ...{ type: 'roll_back', because: 'crashes' },
  });
});

test('nobody makes room for a bad image by making the current one crash', () => {
  const spoiled = owned([{ tried: 500, crashed: 500 }, { tried: 500, crashed: 500 }, ...each(200, once)]);
  const crashing = owned([...each(8, { ...once, crashed: 1 }), ...each(20, once)]);
  expect(judge(crashing, spoiled)).toEqual({ type: 'roll_back', because: 'crashes' });
});

test('one that is slower for many is rolled back, and a slow machine is no fault of it', () => {
  const slow = owned([...each(15, { ...once, slow: 1 }), ...each(18, once)]);
  expect(judge(slow, good)).toEqual({ type: 'roll_back', because: 'latency' });
  const slowToo = owned([...each(100, { ...once, slow: 1 }), ...each(100, once)]);
  expect(judge(slow, slowToo)).toEqual({ type: 'promote' });
});

test('one that has done well often enough has everybody', () => {
  const well = (claims: number) => owned(each(claims, once), claims);
  expect(judge(well(promoteClaimsMin), good)).toEqual({ type: 'promote' });
  expect(judge(well(promoteClaimsMin - 1), good)).toEqual(wait);
});
