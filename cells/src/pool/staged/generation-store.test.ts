import { newUserId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { poolGenerationOwners, poolGenerations } from '../../db/pool.ts';
import { createTestDatabase, type TestDatabase } from '../../db/test-database.ts';
import type { GenerationStore } from './generation-store.ts';
import { noOwners } from './judge.ts';
import { MemoryGenerationStore } from './memory-generation-store.ts';
import { createPostgresGenerationStore } from './postgres-generation-store.ts';

const ada = newUserId(systemRandom);
let fresh: TestDatabase;
beforeAll(async () => {
  fresh = await createTestDatabase();
}, 60_000);
afterAll(() => fresh?.drop());
beforeEach(async () => {
  await fresh.database.delete(poolGenerations);
  await fresh.database.delete(poolGenerationOwners);
});

const implementations: [string, () => GenerationStore][] = [
  ['memory', () => new MemoryGenerationStore()],
  ['postgres', () => createPostgresGenerationStore(fresh.database)],
];

describe.each(implementations)('the store of generations in %s', (_, create) => {
  const once = { tried: 2, crashed: 1, claims: 1, slow: 1 };
  const stages = async (store: GenerationStore) =>
    Object.fromEntries((await store.list()).map(({ generation, stage }) => [generation, stage]));

  test('the first is current at once, a later one a candidate, whoever tells of them how often', async () => {
    const store = create();
    await Promise.all(['one', 'one', 'one'].map((generation) => store.introduce(generation, 1)));
    await store.count('one', once, ada);
    await Promise.all(['two', 'two'].map((generation) => store.introduce(generation, 2)));
    expect(await stages(store)).toEqual({ one: 'current', two: 'candidate' });
    const nothing = { tried: 0, crashed: 0, claims: 0, slow: 0 };
    // They are held against each other over the same time.
    expect(await store.list()).toMatchObject([
      { generation: 'one', ...nothing, stagedAtMs: 1 },
      { generation: 'two', ...nothing, stagedAtMs: 2 },
    ]);
  });

  test('counts add up, and those of one that is not there are nobody’s', async () => {
    const store = create();
    await store.introduce('one', 1);
    await Promise.all(['one', 'one', 'none'].map((generation) => store.count(generation, once, null)));
    expect(await store.list()).toMatchObject([{ tried: 4, crashed: 2, claims: 2, slow: 2 }]);
  });

  test('what belongs to owners is told by sums, those with most of it apart, until a new candidate comes', async () => {
    const store = create();
    await store.introduce('one', 1);
    await store.introduce('two', 2);
    const [bob, cleo] = [newUserId(systemRandom), newUserId(systemRandom)];
    const good = { tried: 1, crashed: 0, claims: 1, slow: 0 };
    await store.count('two', { tried: 5, crashed: 5, claims: 0, slow: 0 }, ada);
    await store.count('two', { tried: 2, crashed: 1, claims: 2, slow: 2 }, bob);
    await store.count('two', { tried: 3, crashed: 2, claims: 1, slow: 0 }, cleo);
    await store.count('two', good, bob);
    await store.count('two', good, null);
    await store.count('gone', good, ada);
    const expected = {
      all: { tried: 11, crashed: 8, claims: 4, slow: 2 },
      mostCrashed: { tried: 8, crashed: 7, claims: 1, slow: 0 },
      mostSlow: { tried: 3, crashed: 1, claims: 3, slow: 2 },
      ...{ owners: 3, ownersCrashed: 3, ownersSlow: 1 },
    };
    expect(await store.ownersOf('two')).toEqual(expected);
    expect(await store.ownersOf('one')).toEqual(noOwners);
    await store.count('one', good, ada);
    await store.introduce('three', 3);
    expect(await store.ownersOf('one')).toEqual(noOwners);
    expect(await store.ownersOf('two')).toEqual(expected);
    expect(await store.ownersOf('gone')).toEqual(noOwners);
  });

  test('a candidate is promoted or rolled back once', async () => {
    const store = create();
    for (const generation of ['one', 'two', 'three']) await store.introduce(generation, 1);
    const both = await Promise.all([store.promote('two', 2), store.promote('two', 2)]);
    expect(both.toSorted()).toEqual([false, true]);
    expect(await store.rollBack('two', 3)).toBe(false);
    expect(await store.rollBack('three', 3)).toBe(true);
    expect(await store.promote('three', 4)).toBe(false);
    await store.introduce('three', 5);
    expect(await stages(store)).toEqual({ one: 'past', two: 'current', three: 'rolled_back' });
    // Where it is all that is left, one of the past is current again.
    expect(await store.promote('one', 6)).toBe(true);
    expect(await stages(store)).toEqual({ one: 'current', two: 'past', three: 'rolled_back' });
  });
});
