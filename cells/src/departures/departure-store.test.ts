import { newOrgId, newUserId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import type { DepartureStore } from './departure-store.ts';
import { createMemoryDepartureStore } from './memory-departure-store.ts';
import { createPostgresDepartureStore } from './postgres-departure-store.ts';

let fresh: TestDatabase;
beforeAll(async () => {
  fresh = await createTestDatabase();
}, 60_000);
afterAll(() => fresh?.drop());

const implementations: [string, () => DepartureStore][] = [
  ['memory', createMemoryDepartureStore],
  ['postgres', () => createPostgresDepartureStore(fresh.database)],
];

describe.each(implementations)('the store of departures in %s', (_, create) => {
  const draw = () => ({ user: newUserId(systemRandom), org: newOrgId(systemRandom) });

  test('knows who has left which organisation, until he is back, and up to which number it was told', async () => {
    const store = create();
    const [ada, bob] = [draw(), draw()];
    expect(await store.upTo()).toBe(0);
    await store.learn([{ ...ada, leftAtMs: 5 }], 7);
    expect(await store.hasLeft(ada.user, ada.org)).toBe(true);
    expect(await store.hasLeft(ada.user, bob.org)).toBe(false);
    expect(await store.hasLeft(bob.user, ada.org)).toBe(false);
    await store.learn([{ ...ada, leftAtMs: null }], 9);
    expect(await store.hasLeft(ada.user, ada.org)).toBe(false);
    expect(await store.upTo()).toBe(9);
    // An older copy of the directory counts from below.
    await store.learn([], 3);
    expect(await store.upTo()).toBe(3);
  });

  test('says once who left before, the longest gone first, until that is settled; told again changes nothing', async () => {
    const store = create();
    const [ada, bob, cleo] = [draw(), draw(), draw()];
    const told = [
      { ...bob, leftAtMs: 2 },
      { ...ada, leftAtMs: 1 },
      { user: ada.user, org: cleo.org, leftAtMs: 3 },
      { ...cleo, leftAtMs: 90 },
    ];
    await store.learn(told, 4);
    expect(await store.overdue(50, 10)).toEqual([ada.user, bob.user]);
    expect(await store.overdue(50, 1)).toEqual([ada.user]);
    await store.settle([ada.user], 50);
    await store.learn(told, 4);
    expect(await store.overdue(50, 10)).toEqual([bob.user]);
    // He has been back, and has left again.
    await store.learn([{ ...ada, leftAtMs: 40 }], 6);
    expect(await store.overdue(50, 10)).toEqual([bob.user, ada.user]);
    await store.settle([ada.user, bob.user], 50);
    expect(await store.overdue(100, 10)).toEqual([cleo.user]);
  });

  test('waits for the last of somebody’s departures, and counts those that are settled', async () => {
    const store = create();
    const [ada, other] = [draw(), draw()];
    await store.learn([{ ...ada, leftAtMs: 1_001 }], 1);
    await store.learn([{ user: ada.user, org: other.org, leftAtMs: 1_060 }], 2);
    const isOverdue = async (beforeMs: number) => (await store.overdue(beforeMs, 1_000)).includes(ada.user);
    expect(await isOverdue(1_050)).toBe(false);
    expect(await isOverdue(1_060)).toBe(false);
    expect(await isOverdue(1_061)).toBe(true);
    await store.settle([ada.user], 1_061);
    expect(await isOverdue(1_061)).toBe(false);
    // From yet another: what was settled does not hold it back, nor is it overdue by itself.
    await store.learn([{ user: ada.user, org: draw().org, leftAtMs: 1_080 }], 3);
    expect(await isOverdue(1_080)).toBe(false);
    expect(await isOverdue(1_081)).toBe(true);
  });
});
