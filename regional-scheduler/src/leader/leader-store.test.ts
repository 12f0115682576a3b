import { systemClock } from '@cellbook/shared/clock.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSchedulerTestDatabase, type SchedulerTestDatabase } from '../testing/test-database.ts';
import type { LeaderStore } from './leader-store.ts';
import { createMemoryLeaderStore } from './memory-leader-store.ts';
import { createPostgresLeaderStore } from './postgres-leader-store.ts';

const one = { holder: 'one', url: 'http://one', ttlMs: 60_000 };
const other = { holder: 'other', url: 'http://other', ttlMs: 60_000 };

function conformance(open: () => Promise<LeaderStore>): void {
  test('of many that ask at once one leads, and everybody reads who', async () => {
    const store = await open();
    expect(await store.current()).toBeNull();
    const epochs = await Promise.all(
      [one, other, { ...one, holder: 'third' }].map((who) => store.acquire(who)),
    );
    expect(epochs.filter((epoch) => epoch !== null)).toEqual([1]);
    expect(await store.current()).toMatchObject({ epoch: 1, isValid: true });
  });

  test('who asks again while it leads begins a new term; others wait', async () => {
    const store = await open();
    expect([await store.acquire(one), await store.acquire(other), await store.acquire(one)]).toEqual([
      1,
      null,
      2,
    ]);
    expect([await store.renew('one', 1, 60_000), await store.renew('one', 2, 60_000)]).toEqual([false, true]);
  });

  test('another leads once the time is over, and the old one can renew no more', async () => {
    const store = await open();
    expect(await store.acquire({ ...one, ttlMs: 0 })).toBe(1);
    expect(await store.current()).toMatchObject({ isValid: false });
    // Nobody has taken over, and agents may have been told so: who was slow begins a term of its own.
    expect(await store.renew('one', 1, 60_000)).toBe(false);
    expect(await store.acquire(other)).toBe(2);
    expect(await store.renew('one', 1, 60_000)).toBe(false);
    expect(await store.current()).toEqual({ holder: 'other', url: 'http://other', epoch: 2, isValid: true });
  });

  test('a term that is given back is over at once; an older one gives back nothing', async () => {
    const store = await open();
    await store.acquire(one);
    await store.release('one', 1);
    expect(await store.acquire(other)).toBe(2);
    await store.release('one', 1);
    await store.release('other', 1);
    expect(await store.current()).toMatchObject({ holder: 'other', isValid: true });
  });
}

describe('in memory', () => conformance(async () => createMemoryLeaderStore(systemClock)));

describe('in Postgres', () => {
  let bed: SchedulerTestDatabase;
  beforeAll(async () => {
    bed = await createSchedulerTestDatabase();
  });
  afterAll(() => bed.drop());
  conformance(async () => {
    await bed.database.$client`truncate leader`;
    return createPostgresLeaderStore(bed.database);
  });
});
