import type { RegionId } from '@cellbook/shared/ids.ts';
import {
  changeRecord,
  type RecordChange,
  type RegionRecord,
} from '@cellbook/shared/protocol/region-record.ts';
import { describe, expect, it, vi } from 'vitest';
import { type CopiedJob, copied, isTakenUp, mayLetGo, released, type Told } from './guardian.ts';

// Seconds of computing on an idle machine, ten times that on a busy one.
vi.setConfig({ testTimeout: 150_000 });

const [us, ap] = ['us', 'ap'] as [RegionId, RegionId];
const record: RegionRecord = { epoch: 4, guardian: us, untilMs: 100, claim: null };

describe('the record of a region', () => {
  it('is claimed only by its guardian, only when the region was not heard of for long, and once', () => {
    const claim = { type: 'claim', epoch: 4, by: us, word: null } as const;
    expect(changeRecord(record, claim, 99)).toBe('not_expired');
    expect(changeRecord(record, { ...claim, by: ap }, 100)).toBe('not_guardian');
    const claimed = changeRecord(record, claim, 100) as RegionRecord;
    expect(claimed).toMatchObject({
      epoch: 5,
      guardian: null,
      claim: { epoch: 4, of: 4, by: us, takes: 'queued' },
    });
    expect(changeRecord(claimed, claim, 101)).toBe('epoch');
    expect(changeRecord(claimed, { type: 'renew', epoch: 4, ttlMs: 9 }, 101)).toBe('epoch');
    expect(changeRecord(claimed, { ...claim, epoch: 5 }, 101)).toBe('not_guardian');
    const renewed = changeRecord(record, { type: 'renew', epoch: 4, ttlMs: 60 }, 50);
    expect(renewed).toEqual({ ...record, untilMs: 110 });
  });

  it('is claimed at an operator’s word before its time, and once more for what ran, until somebody has returned', () => {
    const stopped = { type: 'claim', epoch: 4, by: us, word: 'stopped' } as const;
    expect(changeRecord(record, stopped, 0)).toMatchObject({ epoch: 5, claim: { of: 4, takes: 'all' } });
    const lost = changeRecord(record, { ...stopped, word: 'lost' }, 0) as RegionRecord;
    expect(lost).toMatchObject({ epoch: 5, claim: { epoch: 4, of: 4, takes: 'queued' } });
    const more = { ...stopped, epoch: 5 };
    expect(changeRecord(lost, more, 0)).toMatchObject({ epoch: 6, claim: { epoch: 5, of: 4, takes: 'all' } });
    expect(changeRecord(lost, { ...more, word: 'lost' }, 0)).toBe('not_guardian');
    const back = changeRecord(lost, { type: 'guard', epoch: 5, guardian: null, ttlMs: 9 }, 0) as RegionRecord;
    expect(changeRecord(back, { ...more, epoch: 6 }, 0)).toBe('not_guardian');
  });
});

/**
 * Everything that can happen to one job, its region, the record and the guardian: messages lost, repeated and late, any
 * of them away or slow at any time. The record may expire whenever it likes: nothing may depend on clocks.
 */
interface World {
  record: RegionRecord;
  /** What the region believes. */
  guarded: { epoch: number; guardian: string | null };
  job: 'queued' | 'running' | 'given';
  turn: number;
  acknowledged: Told | null;
  copy: CopiedJob | null;
  /** Claims, by the epoch of the record: the guardian takes one after the other, and then says that it is done. */
  doneEpoch: number;
  /** Since when it was guarded by one without a gap. */
  since: number;
  sent: string[];
}

const epochsMax = 4;
const turnsMax = 1;

/** What is taken beside what was told under the claimed epoch: the guardian has never been told all anew. */
const unbroken = (world: World, after: RegionRecord): number =>
  world.record.guardian === us && after.guardian === us ? world.since : after.epoch;

function successors(world: World, letGo: typeof mayLetGo, sinceAfter: typeof unbroken): World[] {
  const next: World[] = [];
  const add = (change: Partial<World>) => next.push({ ...world, ...change });
  const send = (message: string) => [...new Set([...world.sent, message])].sort();
  const { guarded, job, copy, turn, record } = world;
  const change = (one: RecordChange) => changeRecord({ ...record, untilMs: 0 }, one, 1);
  const changed = (one: RecordChange, then: (record: RegionRecord) => void) => {
    const to = change(one);
    if (typeof to !== 'string' && to.epoch <= epochsMax) then({ ...to, untilMs: 0 });
  };

  for (const guardian of [null, us])
    changed({ type: 'guard', epoch: guarded.epoch, guardian, ttlMs: 1 }, (record) => {
      const since = sinceAfter(world, record);
      add({ record, since, guarded: { epoch: record.epoch, guardian } });
      // Its answer is lost: the region believes what it did.
      add({ record, since });
    });
  // Refused, it reads the record; of a claim it learns what was taken, once that is done, and changes the record anew.
  const { claim } = record;
  if (record.epoch !== guarded.epoch) {
    const isClaimed = claim !== null && claim.epoch >= guarded.epoch;
    const after = copy?.state === 'taken' && job === 'queued' ? 'given' : job;
    if (!isClaimed) add({ guarded: { epoch: record.epoch, guardian: record.guardian } });
    else if (world.doneEpoch >= claim.epoch)
      for (const guardian of [null, us])
        changed({ type: 'guard', epoch: record.epoch, guardian, ttlMs: 1 }, (to) => {
          const since = sinceAfter(world, to);
          add({ record: to, since, guarded: { epoch: to.epoch, guardian }, job: after });
          add({ record: to, since, job: after });
        });
  }
  if (job === 'queued') {
    if (guarded.guardian !== null) {
      add({ sent: send(`copy ${guarded.epoch} ${turn}`) });
      add({ sent: send(`release ${guarded.epoch} ${turn}`) });
    }
    if (letGo(guarded, turn, world.acknowledged)) add({ job: 'running' });
  }
  // It failed there, and waits again.
  if (job === 'running' && turn < turnsMax) add({ job: 'queued', turn: turn + 1 });
  for (const message of world.sent) {
    const [what, ...numbers] = message.split(' ');
    const [epoch = 0, at = 0] = numbers.map(Number);
    const told = { epoch, turn: at };
    if (what === 'copy') add({ copy: copied(copy, told, world.doneEpoch) });
    if (what === 'release') {
      const after = released(copy, told, world.doneEpoch);
      if (after?.state === 'released') add({ copy: after, sent: send(`acknowledged ${epoch} ${at}`) });
    }
    if (what === 'acknowledged') add({ acknowledged: told });
  }
  changed({ type: 'claim', epoch: record.epoch, by: us, word: null }, (to) => add({ record: to }));
  if (claim && world.doneEpoch < claim.epoch) {
    if (copy && isTakenUp(copy, claim.of, 'queued', world.since)) add({ copy: { ...copy, state: 'taken' } });
    else add({ doneEpoch: claim.epoch });
  }
  return next;
}

/** `until`: it is enough to have found one of these. */
function explore(
  letGo: typeof mayLetGo = mayLetGo,
  until: (world: World) => boolean = () => false,
  sinceAfter: typeof unbroken = unbroken,
): World[] {
  const first: World = {
    record: { epoch: 1, guardian: us, untilMs: 0, claim: null },
    guarded: { epoch: 1, guardian: us },
    ...{ job: 'queued', turn: 0, acknowledged: null, copy: null, doneEpoch: 0, since: 1, sent: [] },
  };
  const seen = new Map<string, World>();
  const open = [first];
  for (let world = open.pop(); world; world = open.pop()) {
    const key = JSON.stringify(world);
    if (seen.has(key)) continue;
    seen.set(key, world);
    if (until(world)) break;
    open.push(...successors(world, letGo, sinceAfter));
  }
  return [...seen.values()];
}

const runsTwice = (world: World) => world.job === 'running' && world.copy?.state === 'taken';

describe('a region that is lost, or only cut off', () => {
  const worlds = explore();

  it('never_has_a_job_run_in_both, however messages fall and whatever any clock says', () => {
    expect(worlds.length).toBeGreaterThan(10_000);
    expect(worlds.find(runsTwice)).toBeUndefined();
  });

  it.each([
    ['without its guardian’s word', () => true],
    [
      'by a word of an earlier turn',
      (guarded: Parameters<typeof mayLetGo>[0], _turn: number, acknowledged: Told | null) =>
        mayLetGo(guarded, acknowledged?.turn ?? 0, acknowledged),
    ],
  ])('would have, if it let jobs go %s: the search finds it', (_how, letGo) => {
    expect(explore(letGo, runsTwice).some(runsTwice)).toBe(true);
  });

  it('would have, if copies of before a time without a guardian counted: the search finds it', () => {
    expect(explore(mayLetGo, runsTwice, ({ since }) => since).some(runsTwice)).toBe(true);
  });

  it('has its job taken up before it was told anew under the epoch of a new leader', () => {
    expect(
      worlds.some(({ copy, record: { claim } }) => copy?.state === 'taken' && copy.epoch < claim!.of),
    ).toBe(true);
  });

  it('has its job taken up in some of these worlds, and lets it go itself in others, guarded and alone', () => {
    const given = (world: World) => world.job === 'given' && world.copy?.state === 'taken';
    expect([0, 1].map((turn) => worlds.some((world) => given(world) && world.turn === turn))).toEqual([
      true,
      true,
    ]);
    const runs = worlds.filter(({ job }) => job === 'running');
    expect(runs.some(({ guarded }) => guarded.guardian !== null)).toBe(true);
    expect(runs.some(({ guarded }) => guarded.guardian === null)).toBe(true);
  });
});
