import { hostIdSchema, newSandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { describe, expect, it } from 'vitest';
import { keep, type PoolFacts, type ToAdd } from './keep.ts';
import type { Member, MemberState } from './pool-store.ts';

const random = seededRandom(3);
const nowMs = 100_000;
const hostId = hostIdSchema.parse('host-a');
const member = (state: MemberState, more: Partial<Member> = {}): Member => ({
  ...{ sandboxId: newSandboxId(random), hostId, generation: 'new', forTier: 'free' as const, state },
  ...{ changedAtMs: nowMs, ...more },
});

const wanted = (count: number) => new Map([['new', count]]);
const seats = (free: number, paid = 0, enterprise = 0) => [
  ...Array<ToAdd>(enterprise).fill({ generation: 'new', forTier: 'enterprise' }),
  ...Array<ToAdd>(paid).fill({ generation: 'new', forTier: 'paid' }),
  ...Array<ToAdd>(free).fill({ generation: 'new', forTier: 'free' }),
];

function decide(members: Member[], more: Partial<PoolFacts> = {}) {
  const load = { live: 0, frozen: 0, starting: 0, members: members.length, capacity: 20 };
  const present = new Set(members.map(({ sandboxId }) => sandboxId));
  return keep({ present, members, wanted: wanted(2), load, nowMs, ...more });
}

describe('keeping a pool', () => {
  it('leaves what is wanted and there, and counts what is on its way', () => {
    expect(decide([member('ready'), member('starting')])).toEqual({
      ...{ retire: [], unknown: [], change: [], add: [] },
    });
  });

  it('adds what is missing, in bounded batches, and never into the last free place', () => {
    expect(decide([], { wanted: wanted(50) }).add).toHaveLength(limits.pool.batchMax);
    const crowded = { live: 15, frozen: 0, starting: 0, members: 1, capacity: 18 };
    expect(decide([member('ready')], { wanted: wanted(5), load: crowded }).add).toHaveLength(1);
    expect(decide([member('ready')], { wanted: wanted(5), load: { ...crowded, live: 16 } }).add).toEqual([]);
  });

  it('while something starts, which goes first, adds only what is kept for higher tiers, few at a time', () => {
    const load = { live: 0, frozen: 0, starting: 1, members: 0, capacity: 20 };
    expect(decide([], { load }).add).toEqual([]);
    expect(decide([], { load, wanted: wanted(32) }).add).toEqual(seats(0, 0, limits.pool.reservedBatchMax));
  });

  it('gives up what is of another image, or gone from the host, and claims by nobody any more', () => {
    const old = member('ready', { generation: 'old' });
    const gone = member('ready');
    const present = new Set([old.sandboxId]);
    expect(decide([old, gone], { present })).toMatchObject({ retire: [old, gone], add: seats(2) });
  });

  it('gives up a start or a claim only once it has taken too long', () => {
    const changedAtMs = nowMs - limits.pool.staleMs;
    const under = [member('starting', { changedAtMs }), member('claimed', { changedAtMs })];
    expect(decide(under).retire).toEqual([]);
    expect(decide(under, { nowMs: nowMs + 1 }).retire).toEqual(under);
  });

  it('does not count what is claimed, and replaces it', () => {
    expect(decide([member('ready'), member('claimed')])).toMatchObject({ retire: [], add: seats(1) });
  });

  it('gives up what is too many, those first that are ready longest, and everything where no image is', () => {
    const members = [member('ready'), member('ready'), member('ready')];
    expect(decide(members)).toMatchObject({ retire: [members[0]], add: [] });
    expect(decide(members, { wanted: new Map() })).toMatchObject({ retire: members, add: [] });
  });

  it('keeps a share for each higher tier, filled from the top; of few, all are anybody’s', () => {
    expect(decide([], { wanted: wanted(4) }).add).toEqual(seats(2, 1, 1));
    expect(decide([], { wanted: wanted(3) }).add).toEqual(seats(3));
    expect(decide([member('ready'), member('starting')], { wanted: wanted(4) }).add).toEqual(seats(0, 1, 1));
  });

  it('has members change their tier rather than end, when what is wanted changes', () => {
    const members = [member('ready'), member('ready'), member('ready'), member('ready')];
    const [first, second] = members;
    expect(decide(members, { wanted: wanted(4) })).toMatchObject({
      ...{ retire: [], add: [] },
      change: [
        { sandboxId: first?.sandboxId, forTier: 'enterprise' },
        { sandboxId: second?.sandboxId, forTier: 'paid' },
      ],
    });
    const kept = [member('ready', { forTier: 'enterprise' }), member('ready')];
    const back = { sandboxId: kept[0]?.sandboxId, forTier: 'free' };
    expect(decide(kept)).toMatchObject({ retire: [], add: [], change: [back] });
  });

  it('keeps two generations beside each other', () => {
    const both = new Map([
      ['new', 1],
      ['newer', 1],
    ]);
    const newer = { generation: 'newer', forTier: 'free' };
    expect(decide([member('ready')], { wanted: both })).toMatchObject({ retire: [], add: [newer] });
  });

  it('ends what is on the host and in no table', () => {
    const { sandboxId } = member('ready');
    expect(decide([], { present: new Set([sandboxId]) }).unknown).toEqual([sandboxId]);
  });
});
