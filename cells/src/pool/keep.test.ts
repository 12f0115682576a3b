import { hostIdSchema, newSandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { describe, expect, it } from 'vitest';
import { keep, type PoolFacts } from './keep.ts';
import type { Member, MemberState } from './pool-store.ts';

const random = seededRandom(3);
const nowMs = 100_000;
const hostId = hostIdSchema.parse('host-a');
const member = (state: MemberState, more: Partial<Member> = {}): Member => ({
  ...{ sandboxId: newSandboxId(random), hostId, generation: 'new', state, changedAtMs: nowMs, ...more },
});

function decide(members: Member[], more: Partial<PoolFacts> = {}) {
  const load = { live: 0, frozen: 0, starting: 0, members: members.length, capacity: 20 };
  const present = new Set(members.map(({ sandboxId }) => sandboxId));
  return keep({ present, members, generation: 'new', load, target: 2, nowMs, ...more });
}

describe('keeping a pool', () => {
  it('leaves what is wanted and there, and counts what is on its way', () => {
    expect(decide([member('ready'), member('starting')])).toEqual({
      ...{ retire: [], unknown: [], add: 0 },
    });
  });

  it('adds what is missing, in bounded batches, and never into the last free place', () => {
    expect(decide([], { target: 50 }).add).toBe(limits.pool.batchMax);
    const crowded = { live: 15, frozen: 0, starting: 0, members: 1, capacity: 18 };
    expect(decide([member('ready')], { target: 5, load: crowded }).add).toBe(1);
    expect(decide([member('ready')], { target: 5, load: { ...crowded, live: 16 } }).add).toBe(0);
  });

  it('adds none while something starts, which goes first', () => {
    const load = { live: 0, frozen: 0, starting: 1, members: 0, capacity: 20 };
    expect(decide([], { load }).add).toBe(0);
  });

  it('gives up what is of another image, or gone from the host, and claims by nobody any more', () => {
    const old = member('ready', { generation: 'old' });
    const gone = member('ready');
    const present = new Set([old.sandboxId]);
    expect(decide([old, gone], { present })).toMatchObject({ retire: [old, gone], add: 2 });
  });

  it('gives up a start or a claim only once it has taken too long', () => {
    const changedAtMs = nowMs - limits.pool.staleMs;
    const under = [member('starting', { changedAtMs }), member('claimed', { changedAtMs })];
    expect(decide(under).retire).toEqual([]);
    expect(decide(under, { nowMs: nowMs + 1 }).retire).toEqual(under);
  });

  it('does not count what is claimed, and replaces it', () => {
    expect(decide([member('ready'), member('claimed')])).toMatchObject({ retire: [], add: 1 });
  });

  it('gives up what is too many, those first that are ready longest, and everything where no image is', () => {
    const members = [member('ready'), member('ready'), member('ready')];
    expect(decide(members)).toMatchObject({ retire: [members[0]], add: 0 });
    expect(decide(members, { generation: null })).toMatchObject({ retire: members, add: 0 });
  });

  it('ends what is on the host and in no table', () => {
    const { sandboxId } = member('ready');
    expect(decide([], { present: new Set([sandboxId]) }).unknown).toEqual([sandboxId]);
  });
});
