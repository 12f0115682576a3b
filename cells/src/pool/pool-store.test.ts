import { hostIdSchema, newSandboxId, newWorkspaceId, type SandboxId } from '@cellbook/shared/ids.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { MemoryPoolStore } from './memory-pool-store.ts';
import type { Member, PoolStore } from './pool-store.ts';
import { createPostgresPoolStore } from './postgres-pool-store.ts';

let fresh: TestDatabase;
beforeAll(async () => {
  fresh = await createTestDatabase();
}, 60_000);
afterAll(() => fresh?.drop());

const implementations: [string, () => PoolStore][] = [
  ['memory', () => new MemoryPoolStore()],
  ['postgres', () => createPostgresPoolStore(fresh.database)],
];

describe.each(implementations)('the pool store in %s', (name, create) => {
  const random = seededRandom(name.length);
  const hosts = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((host) => hostIdSchema.parse(`${name}-${host}`));
  const claimer = () => ({ workspaceId: newWorkspaceId(random), epoch: 3, tier: 'free' as Tier });
  type More = Partial<Pick<Member, 'generation' | 'forTier'>> & { nowMs?: number };
  async function addReady(store: PoolStore, hostId = hosts[0]!, more: More = {}) {
    const { generation = 'new', forTier = 'free' as const, nowMs = 1_000 } = more;
    const sandboxId = newSandboxId(random);
    await store.begin({ sandboxId, hostId, generation, forTier }, nowMs);
    expect(await store.ready(sandboxId, nowMs)).toBe(true);
    return sandboxId;
  }

  test('gives the one that is ready longest, once, and none that is not ready yet', async () => {
    const store = create();
    const from = { hostId: hosts[0]!, generations: ['new'] };
    const starting = newSandboxId(random);
    await store.begin({ sandboxId: starting, hostId: hosts[0]!, generation: 'new', forTier: 'free' }, 0);
    expect(await store.claim(from, claimer(), 2_000)).toBeNull();
    const second = await addReady(store, hosts[0], { nowMs: 1_500 });
    const first = await addReady(store, hosts[0]);
    expect(await store.claim(from, claimer(), 2_000)).toEqual({ sandboxId: first, generation: 'new' });
    expect(await store.claim(from, claimer(), 2_000)).toMatchObject({ sandboxId: second });
    expect(await store.claim(from, claimer(), 2_000)).toBeNull();
    const states = (await store.listOnHost(hosts[0]!)).map(({ sandboxId, state }) => [sandboxId, state]);
    expect(Object.fromEntries(states)).toEqual({
      [starting]: 'starting',
      [first]: 'claimed',
      [second]: 'claimed',
    });
  });

  test('gives none of another host or generation', async () => {
    const store = create();
    await addReady(store, hosts[1], { generation: 'old' });
    expect(await store.claim({ hostId: hosts[1]!, generations: ['new'] }, claimer(), 2_000)).toBeNull();
    expect(await store.claim({ hostId: hosts[2]!, generations: ['old'] }, claimer(), 2_000)).toBeNull();
  });

  test('gives of the first generation named before the others, and none that is not named', async () => {
    const store = create();
    const hostId = hosts[6]!;
    const old = await addReady(store, hostId, { generation: 'old' });
    const young = await addReady(store, hostId, { nowMs: 1_500 });
    await addReady(store, hostId, { generation: 'bad' });
    const claim = (...generations: string[]) => store.claim({ hostId, generations }, claimer(), 2_000);
    expect(await claim('new', 'old')).toEqual({ sandboxId: young, generation: 'new' });
    expect(await claim('new', 'old')).toEqual({ sandboxId: old, generation: 'old' });
    expect(await claim('new', 'old')).toBeNull();
    expect(await claim()).toBeNull();
  });

  test('what is kept for a tier is given to it and to those above, which take first what anybody may have', async () => {
    const store = create();
    const hostId = hosts[7]!;
    const [enterprise, paid] = [
      await addReady(store, hostId, { forTier: 'enterprise' }),
      await addReady(store, hostId, { forTier: 'paid' }),
    ];
    const anybody = await addReady(store, hostId, { nowMs: 1_500 });
    const claim = async (tier: Tier) => {
      const claimed = await store.claim({ hostId, generations: ['new'] }, { ...claimer(), tier }, 2_000);
      return claimed?.sandboxId ?? null;
    };
    expect(await claim('paid')).toBe(anybody);
    expect(await claim('free')).toBeNull();
    expect(await claim('paid')).toBe(paid);
    expect(await claim('paid')).toBeNull();
    await store.keepFor(enterprise, 'free');
    expect(await claim('free')).toBe(enterprise);
    await store.keepFor(enterprise, 'paid');
    expect((await store.listOnHost(hostId)).map(({ forTier }) => forTier)).not.toContain('enterprise');
  });

  test('forgets only what is as it was seen, and one that was given up does not become ready', async () => {
    const store = create();
    const from = { hostId: hosts[3]!, generations: ['new'] };
    const member = await addReady(store, hosts[3]);
    expect(await store.claim(from, claimer(), 2_000)).toMatchObject({ sandboxId: member });
    expect(await store.retire(member, 'ready')).toBe(false);
    expect(await store.retire(member, 'claimed')).toBe(true);
    await store.remove(member);
    const late = newSandboxId(random);
    await store.begin({ sandboxId: late, hostId: hosts[3]!, generation: 'new', forTier: 'free' }, 0);
    expect(await store.retire(late, 'starting')).toBe(true);
    expect(await store.ready(late, 1)).toBe(false);
    expect(await store.listOnHost(hosts[3]!)).toEqual([]);
  });

  test('1,000 claims race for 200 members, with stale readers and a drain: none is given twice, none is lost', async () => {
    const store = create();
    const [from, drained] = [hosts[4]!, hosts[5]!].map((hostId) => ({ hostId, generations: ['new'] }));
    const members = await Promise.all(
      Array.from({ length: 200 }, (_, index) => addReady(store, index % 2 ? hosts[4] : hosts[5])),
    );
    // Both have read the table before the race, and retire by what they saw.
    const stale = await store.listOnHost(hosts[5]!);
    const drain = async () => {
      const retired: SandboxId[] = [];
      for (const { sandboxId, state } of stale)
        if (await store.retire(sandboxId, state)) retired.push(sandboxId);
      return retired;
    };
    const claims = Array.from({ length: 1_000 }, (_, index) =>
      store.claim(index % 2 ? from! : drained!, claimer(), 2_000),
    );
    const [given, one, other] = await Promise.all([Promise.all(claims), drain(), drain()]);
    const claimed = given.flatMap((member) => member?.sandboxId ?? []);
    const gone = [...claimed, ...one, ...other];
    expect(new Set(gone).size).toBe(gone.length);
    expect(gone.toSorted()).toEqual(members.toSorted());
    expect(claimed.filter((sandboxId) => members.indexOf(sandboxId) % 2 === 1)).toHaveLength(100);
    const left = [...(await store.listOnHost(hosts[4]!)), ...(await store.listOnHost(hosts[5]!))];
    expect(left.map(({ sandboxId }) => sandboxId).toSorted()).toEqual(claimed.toSorted());
  }, 60_000);
});
