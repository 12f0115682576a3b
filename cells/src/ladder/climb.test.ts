import { hostIdSchema, newSandboxId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import { type ClimbFacts, climb } from './climb.ts';
import type { Rest } from './rest.ts';

const random = seededRandom(3);
const here = { runtime: 'runsc 2', platform: 'systrap', cpuFeatures: 'abc', imageDigest: 'def' };
const frozen: Rest = {
  ...{ workspaceId: newWorkspaceId(random), epoch: 1, tier: 'free', hostId: hostIdSchema.parse('a') },
  ...{ sandboxId: newSandboxId(random), image: null, remote: false, suspendedAtMs: 0, dueAtMs: 1 },
};
const stored: Rest = { ...frozen, image: { bytes: 1, fingerprint: here } };
const tooLarge = { cause: 'not_kept', why: 'it was too large' } as const;
const facts = (more: Partial<ClimbFacts>): ClimbFacts => ({
  ...{ rest: null, whyNoRest: tooLarge, isAtRest: true, here, hasMember: false, nowMs: 1, ...more },
});

test('the best rung that is there comes first, and a boot last', () => {
  expect(climb(facts({ rest: frozen, hasMember: true }))).toEqual({
    tries: ['live', 'files', 'cold'],
    ...{ missed: [], aside: [] },
  });
  expect(climb(facts({ rest: stored }))).toMatchObject({ tries: ['memory', 'cold'], missed: [] });
});

test.each([
  ['nothing is kept', facts({}), 'memory', 'not_kept', 'it was too large'],
  ['its host with the frozen one is away', facts({ rest: frozen, isAtRest: false }), 'live', 'host_away', ''],
  ['the host keeps none', facts({ rest: stored, here: null }), 'memory', 'unsupported', 'keeps no memory'],
  [
    'another runtime wrote it',
    facts({ rest: stored, here: { ...here, runtime: 'runsc 3' } }),
    'memory',
    'incompatible',
    'runsc 3',
  ],
  [
    'another runtime wrote one that was sent',
    facts({ rest: { ...stored, remote: true }, here: { ...here, runtime: 'runsc 3' } }),
    'memory',
    'incompatible',
    'runsc 3',
  ],
])('where %s a boot is left, and why is said', (_case, given, rung, cause, why) => {
  const { tries, missed } = climb(given);
  expect(tries).toEqual(['cold']);
  expect(missed).toEqual([{ rung, cause, why: expect.stringContaining(why) }]);
});

test('an image that was sent comes back on any host, and is behind the host’s own copy', () => {
  const sent = { ...stored, remote: true };
  expect(climb(facts({ rest: sent }))).toMatchObject({
    tries: ['memory', 'memory-remote', 'cold'],
    missed: [],
  });
  const elsewhere = climb(facts({ rest: sent, isAtRest: false, hasMember: true }));
  expect(elsewhere.tries).toEqual(['memory-remote', 'files', 'cold']);
  expect(elsewhere.missed).toEqual([
    { rung: 'memory', cause: 'host_away', why: expect.stringContaining('host') },
  ]);
});

test('one whose host went before it was sent is lost, and both are said', () => {
  const { tries, missed } = climb(facts({ rest: stored, isAtRest: false }));
  expect(tries).toEqual(['cold']);
  expect(missed).toEqual([
    { rung: 'memory', cause: 'host_away', why: expect.stringContaining('host') },
    { rung: 'memory-remote', cause: 'not_kept', why: expect.stringContaining('object store') },
  ]);
});

test('of one that is stored it is said why it is not frozen any more, and of a host without a pool that nothing is ready', () => {
  const untilMs = limits.ladder.liveMsByTier.free;
  const asideAt = (nowMs: number, hasMember: boolean) =>
    climb(facts({ rest: stored, nowMs, hasMember })).aside;
  expect(asideAt(untilMs, true)).toMatchObject([{ rung: 'live', cause: 'expired' }]);
  expect(asideAt(untilMs - 1, false)).toMatchObject([
    { rung: 'live', cause: 'not_kept', why: expect.stringContaining('place') },
    { rung: 'files', cause: 'unsupported' },
  ]);
});
