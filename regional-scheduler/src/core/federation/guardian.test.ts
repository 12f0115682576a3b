import { describe, expect, it, vi } from 'vitest';
import {
  type CopiedJob,
  changeRecord,
  copied,
  guardianRules,
  isTakenUp,
  mayDispatch,
  type RecordChange,
  type RegionRecord,
  released,
} from './guardian.ts';

// Seconds of computing on an idle machine, ten times that on a busy one.
vi.setConfig({ testTimeout: 150_000 });

const record: RegionRecord = { epoch: 4, guardian: 'us', untilMs: 100 };

describe('the record of a region', () => {
  it('is claimed only by its guardian, only when the region was not heard of for long, and once', () => {
    const claim = { type: 'claim', epoch: 4, by: 'us' } as const;
    expect(changeRecord(record, claim, 99)).toBe('not_expired');
    expect(changeRecord(record, { ...claim, by: 'ap' }, 100)).toBe('not_guardian');
    const claimed = changeRecord(record, claim, 100) as RegionRecord;
    expect(claimed).toMatchObject({ epoch: 5, guardian: null });
    expect(changeRecord(claimed, claim, 101)).toBe('epoch');
    expect(changeRecord(claimed, { type: 'renew', epoch: 4 }, 101)).toBe('epoch');
    expect(changeRecord(claimed, { ...claim, epoch: 5 }, 101)).toBe('not_guardian');
    const renewed = changeRecord(record, { type: 'renew', epoch: 4 }, 50);
    expect(renewed).toEqual({ ...record, untilMs: 50 + guardianRules.ttlMs });
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
  job: 'queued' | 'dispatched' | 'given';
  copiedUnder: number | null;
  releasedUnder: number | null;
  copy: CopiedJob | null;
  isTaken: boolean;
  sent: string[];
}

const epochsMax = 5;

function successors(world: World): World[] {
  const next: World[] = [];
  const add = (change: Partial<World>) => next.push({ ...world, ...change });
  const send = (message: string) => [...new Set([...world.sent, message])].sort();
  const { guarded, job, copy } = world;
  const change = (one: RecordChange) => changeRecord({ ...world.record, untilMs: 0 }, one, 1);
  const changed = (one: RecordChange, then: (record: RegionRecord) => void) => {
    const record = change(one);
    if (typeof record !== 'string' && record.epoch <= epochsMax) then({ ...record, untilMs: 0 });
  };

  for (const guardian of [null, 'us'])
    changed({ type: 'guard', epoch: guarded.epoch, guardian }, (record) => {
      add({ record, guarded: { epoch: record.epoch, guardian } });
      // Its answer is lost: the region believes what it did.
      add({ record });
    });
  // Refused, it reads the record; of a claim it learns what was taken before it does anything else.
  if (change({ type: 'renew', epoch: guarded.epoch }) === 'epoch') {
    const { epoch, guardian } = world.record;
    add({ guarded: { epoch, guardian }, job: world.isTaken && job === 'queued' ? 'given' : job });
  }
  if (job === 'queued') {
    // What it counts as copied it has said so of first.
    if (guarded.guardian !== null && world.copiedUnder !== guarded.epoch)
      add({ copiedUnder: guarded.epoch, sent: send(`copy ${guarded.epoch}`) });
    if (world.copiedUnder === guarded.epoch) add({ sent: send(`release ${guarded.epoch}`) });
    if (mayDispatch(guarded, world)) add({ job: 'dispatched' });
  }
  for (const message of world.sent) {
    const [what, number] = message.split(' ');
    const epoch = Number(number);
    if (what === 'copy') add({ copy: world.isTaken ? copy : copied(copy, epoch) });
    const isReleased = what === 'release' && !world.isTaken && released(copy, epoch);
    if (isReleased) add({ copy: isReleased, sent: send(`acknowledged ${epoch}`) });
    if (what === 'acknowledged') add({ releasedUnder: Math.max(epoch, world.releasedUnder ?? 0) });
  }
  changed({ type: 'claim', epoch: world.record.epoch, by: 'us' }, (claimed) =>
    add({
      record: claimed,
      isTaken: world.isTaken || (copy !== null && isTakenUp(copy, world.record.epoch)),
    }),
  );
  return next;
}

function explore(dispatches: typeof mayDispatch = mayDispatch): World[] {
  const first: World = {
    record: { epoch: 1, guardian: 'us', untilMs: 0 },
    guarded: { epoch: 1, guardian: 'us' },
    ...{ job: 'queued', copiedUnder: null, releasedUnder: null, copy: null, isTaken: false, sent: [] },
  };
  const seen = new Map<string, World>();
  const open = [first];
  for (let world = open.pop(); world; world = open.pop()) {
    const key = JSON.stringify(world);
    if (seen.has(key)) continue;
    seen.set(key, world);
    open.push(...successors(world));
    if (dispatches !== mayDispatch && world.job === 'queued' && dispatches(world.guarded, world))
      open.push({ ...world, job: 'dispatched' });
  }
  return [...seen.values()];
}

const runsTwice = (world: World) => world.job === 'dispatched' && world.isTaken;

describe('a region that is lost, or only cut off', () => {
  const worlds = explore();

  it('never_has_a_job_run_in_both, however messages fall and whatever any clock says', () => {
    expect(worlds.length).toBeGreaterThan(1_000);
    expect(worlds.find(runsTwice)).toBeUndefined();
  });

  it('would have, if it dispatched without its guardian’s word: the search finds it', () => {
    expect(explore(() => true).some(runsTwice)).toBe(true);
  });

  it('has its job taken up in some of these worlds, and dispatches it itself in others, guarded and alone', () => {
    expect(worlds.some(({ isTaken, job }) => isTaken && job === 'given')).toBe(true);
    expect(worlds.some(({ job, releasedUnder }) => job === 'dispatched' && releasedUnder !== null)).toBe(
      true,
    );
    expect(worlds.some(({ job, guarded }) => job === 'dispatched' && guarded.guardian === null)).toBe(true);
  });
});
