import { newUserId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import type { HomeStore } from './home-store.ts';
import { createMemoryHomeStore } from './memory-home-store.ts';
import { createPostgresHomeStore } from './postgres-home-store.ts';

const [eu, us] = [regionIdSchema.parse('eu'), regionIdSchema.parse('us')];
const userOf = (region = eu) => ({ userId: newUserId(systemRandom), region });

describe.each(['memory', 'Postgres'])('the home store in %s', (kind) => {
  let database: TestDatabase | null = null;
  let store: HomeStore;
  beforeEach(async () => {
    database = kind === 'Postgres' ? await createTestDatabase() : null;
    store = database ? createPostgresHomeStore(database.database, eu) : createMemoryHomeStore();
  });
  afterEach(() => database?.drop());

  it('keeps the newest document', async () => {
    expect(await store.current()).toBeNull();
    await store.replace({ epoch: 1, jws: 'one' }, (current) => expect(current).toBeNull());
    await store.replace({ epoch: 2, jws: 'two' }, (current) => expect(current?.jws).toBe('one'));
    expect(await store.current()).toEqual({ epoch: 2, jws: 'two' });
  });

  it('keeps what there was where the next one is not accepted', async () => {
    await store.replace({ epoch: 1, jws: 'one' }, () => {});
    const refused = store.replace({ epoch: 2, jws: 'two' }, () => {
      throw new Error('no');
    });
    await expect(refused).rejects.toThrow('no');
    expect(await store.current()).toEqual({ epoch: 1, jws: 'one' });
  });

  it('knows each resident once, with the region said last, until he is forgotten', async () => {
    const [ada, eve] = [userOf(), userOf()];
    for (const user of [ada, eve, { ...eve, region: us }]) await store.settle(user, 1);
    const known = await store.residents();
    expect(known).toHaveLength(2);
    expect(known).toEqual(expect.arrayContaining([ada, { ...eve, region: us }]));
    await store.replace({ epoch: 1, jws: 'one' }, (_current, residents) => expect(residents).toHaveLength(2));
    await store.forget(eve.userId);
    expect(await store.residents()).toEqual([ada]);
  });

  it('lets nobody settle while a document is being judged', async () => {
    const order: string[] = [];
    let settling: Promise<void> | undefined;
    await store.replace({ epoch: 1, jws: 'one' }, () => {
      settling = store.settle(userOf(), 1).then(() => void order.push('settled'));
      order.push('judged');
    });
    await settling;
    expect(order).toEqual(['judged', 'settled']);
  });
});
