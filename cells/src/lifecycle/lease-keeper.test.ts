import { ManualClock } from '@cellbook/shared/clock.ts';
import { hostIdSchema, newOrgId, newUserId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import { upTo } from '../quotas/allowance.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { MemoryTransitionStore } from './stores/memory-transition-store.ts';
import { MemoryWorkspaceStore } from './stores/memory-workspace-store.ts';

const terms = { ttlMs: 30_000, marginMs: 5_000 };
const hostId = hostIdSchema.parse('host-a');

async function makeKeepers() {
  const clock = new ManualClock();
  const random = seededRandom(2);
  const store = new MemoryWorkspaceStore(clock, new MemoryTransitionStore());
  const id = newWorkspaceId(random);
  const owner = { ownerId: newUserId(random), orgId: newOrgId(random), tier: 'free' } as const;
  const row = { id, ...owner, name: 'n', desired: 'running', idleSuspendSeconds: null } as const;
  await store.create({ ...row, nowMs: 0, createKey: id }, upTo(10));
  let isStoreUp = true;
  const flaky = new Proxy(store, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (property === 'renew' && !isStoreUp) return () => Promise.reject(new Error('the store is away'));
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const keeper = (holder: string) =>
    new LeaseKeeper({ store: flaky, clock, log: silentLogger, holder, hostIds: [hostId], terms });
  return {
    ...{ clock, id, first: keeper('first'), second: keeper('second') },
    setStoreUp: (up: boolean) => {
      isStoreUp = up;
    },
  };
}

test('a lease is renewed for as long as it is held, under one epoch', async () => {
  const { clock, id, first, second } = await makeKeepers();
  const lease = await first.acquire(id);
  await clock.advance(10 * terms.ttlMs);
  expect(lease?.signal.aborted).toBe(false);
  expect(await second.acquire(id)).toBeNull();
  expect((await first.acquire(id))?.row.epoch).toBe(lease?.row.epoch);
});

test('a holder that cannot renew stops before anybody else can get it', async () => {
  const { clock, id, first, second, setStoreUp } = await makeKeepers();
  const lease = await first.acquire(id);
  setStoreUp(false);
  await clock.advance(terms.ttlMs - terms.marginMs - 1);
  expect(lease?.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(lease?.signal.aborted).toBe(true);
  expect(await second.acquire(id)).toBeNull();
  await clock.advance(terms.marginMs);
  expect((await second.acquire(id))?.row.epoch).toBe((lease?.row.epoch ?? 0) + 1);
  expect(first.held()).toEqual([]);
});

test('one renewal that fails is made good by the next', async () => {
  const { clock, id, first, setStoreUp } = await makeKeepers();
  const lease = await first.acquire(id);
  setStoreUp(false);
  await clock.advance(terms.ttlMs / 3 + 1);
  setStoreUp(true);
  await clock.advance(terms.ttlMs);
  expect(lease?.signal.aborted).toBe(false);
});

test('a released lease is anybody’s at once', async () => {
  const { id, first, second } = await makeKeepers();
  const lease = await first.acquire(id);
  await first.release(id);
  expect((await second.acquire(id))?.row.epoch).toBe((lease?.row.epoch ?? 0) + 1);
});
