import { hostIdSchema, newSandboxId, newWorkspaceId, type SandboxId } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { MemoryPoolStore } from './memory-pool-store.ts';
import type { PoolStore } from './pool-store.ts';
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
  const hosts = ['a', 'b', 'c', 'd', 'e', 'f'].map((host) => hostIdSchema.parse(`${name}-${host}`));
  const claimer = () => ({ workspaceId: newWorkspaceId(random), epoch: 3 });
  async function addReady(store: PoolStore, hostId = hosts[0]!, generation = 'new', nowMs = 1_000) {
    const sandboxId = newSandboxId(random);
    await store.begin({ sandboxId, hostId, generation }, nowMs);
    expect(await store.ready(sandboxId, nowMs)).toBe(true);
    return sandboxId;
  }

  test('gives the one that is ready longest, once, and none that is not ready yet', async () => {
    const store = create();
    const from = { hostId: hosts[0]!, generation: 'new' };
    const starting = newSandboxId(random);
    await store.begin({ sandboxId: starting, ...from }, 0);
    expect(await store.claim(from, claimer(), 2_000)).toBeNull();
    const second = await addReady(store, hosts[0], 'new', 1_500);
    const first = await addReady(store, hosts[0], 'new', 1_000);
    expect(await store.claim(from, claimer(), 2_000)).toBe(first);
    expect(await store.claim(from, claimer(), 2_000)).toBe(second);
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
    await addReady(store, hosts[1], 'old');
    expect(await store.claim({ hostId: hosts[1]!, generation: 'new' }, claimer(), 2_000)).toBeNull();
    expect(await store.claim({ hostId: hosts[2]!, generation: 'old' }, claimer(), 2_000)).toBeNull();
  });

  test('forgets only what is as it was seen, and one that was given up does not become ready', async () => {
    const store = create();
    const from = { hostId: hosts[3]!, generation: 'new' };
    const member = await addReady(store, hosts[3]);
    expect(await store.claim(from, claimer(), 2_000)).toBe(member);
    expect(await store.retire(member, 'ready')).toBe(false);
    expect(await store.retire(member, 'claimed')).toBe(true);
    await store.remove(member);
    const late = newSandboxId(random);
    await store.begin({ sandboxId: late, ...from }, 0);
    expect(await store.retire(late, 'starting')).toBe(true);
    expect(await store.ready(late, 1)).toBe(false);
    expect(await store.listOnHost(hosts[3]!)).toEqual([]);
  });

  test('1,000 claims race for 200 members, with stale readers and a drain: none is given twice, none is lost', async () => {
    const store = create();
    const [from, drained] = [hosts[4]!, hosts[5]!].map((hostId) => ({ hostId, generation: 'new' }));
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
    const claimed = given.filter((sandboxId) => sandboxId !== null);
    const gone = [...claimed, ...one, ...other];
    expect(new Set(gone).size).toBe(gone.length);
    expect(gone.toSorted()).toEqual(members.toSorted());
    expect(claimed.filter((sandboxId) => members.indexOf(sandboxId) % 2 === 1)).toHaveLength(100);
    const left = [...(await store.listOnHost(hosts[4]!)), ...(await store.listOnHost(hosts[5]!))];
    expect(left.map(({ sandboxId }) => sandboxId).toSorted()).toEqual(claimed.toSorted());
  }, 60_000);
});
