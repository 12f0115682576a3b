import { newOrgId, newUserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { createMemorySecretStore } from './memory-secret-store.ts';
import { createPostgresSecretStore } from './postgres-secret-store.ts';
import type { SecretOwner } from './seal.ts';
import type { SecretStore } from './secret-store.ts';

let fresh: TestDatabase;
beforeAll(async () => {
  fresh = await createTestDatabase();
}, 60_000);
afterAll(() => fresh?.drop());

const implementations: [string, () => SecretStore][] = [
  ['memory', createMemorySecretStore],
  ['postgres', () => createPostgresSecretStore(fresh.database)],
];

describe.each(implementations)('the secret store in %s', (implementation, create) => {
  const random = seededRandom(implementation.length);
  const draw = () => ({ store: create(), user: newUserId(random), org: newOrgId(random) });
  const secret = (owner: SecretOwner, name: string, more: { valueBytes?: number; keyId?: string } = {}) => ({
    ...{ owner, name, valueBytes: more.valueBytes ?? 5, nowMs: 1_000 },
    sealed: { keyId: more.keyId ?? `key ${implementation}`, text: `sealed ${name}` },
  });

  test('lists the names of one owner by their bytes, with the time of the last change', async () => {
    const { store, user, org } = draw();
    for (const name of ['b', 'B', '_a']) await store.put(secret(user, name));
    await store.put(secret(org, 'SHARED'));
    await store.put({ ...secret(user, 'b'), nowMs: 2_000 });
    expect(await store.list(user)).toEqual([
      { name: 'B', updatedAtMs: 1_000 },
      { name: '_a', updatedAtMs: 1_000 },
      { name: 'b', updatedAtMs: 2_000 },
    ]);
    expect((await store.sealedOf(org)).map(({ name, sealed }) => [name, sealed.text])).toEqual([
      ['SHARED', 'sealed SHARED'],
    ]);
  });

  test('removes all of one user’s, and nobody else’s', async () => {
    const { store, user, org } = draw();
    const other = newUserId(random);
    for (const name of ['A', 'B'])
      for (const owner of [user, org, other]) await store.put(secret(owner, name));
    expect(await store.removeAllOf(user)).toBe(2);
    expect(await store.removeAllOf(user)).toBe(0);
    expect(await store.list(user)).toEqual([]);
    expect((await store.list(org)).length + (await store.list(other)).length).toBe(4);
  });

  test('removes one secret of one owner, once', async () => {
    const { store, user, org } = draw();
    await store.put(secret(user, 'A'));
    await store.put(secret(org, 'A'));
    expect(await store.remove({ owner: user, name: 'A' })).toBe(true);
    expect(await store.remove({ owner: user, name: 'A' })).toBe(false);
    expect(await store.list(org)).toHaveLength(1);
  });

  test('refuses one too many and more bytes than there is room for, and still replaces those it has', async () => {
    const { store, user, org } = draw();
    const { perOwnerMax, totalBytesPerOwnerMax } = limits.secrets;
    for (let index = 0; index < perOwnerMax; index++) await store.put(secret(user, `S${index}`));
    expect(await store.put(secret(user, 'ONE_MORE'))).toBe('too_many');
    expect(await store.put(secret(user, 'S7'))).toBe('saved');
    expect(await store.list(user)).toHaveLength(perOwnerMax);

    expect(await store.put(secret(org, 'BIG', { valueBytes: totalBytesPerOwnerMax }))).toBe('saved');
    expect(await store.put(secret(org, 'SMALL', { valueBytes: 1 }))).toBe('too_large');
    expect(await store.put(secret(org, 'BIG', { valueBytes: totalBytesPerOwnerMax - 1 }))).toBe('saved');
    expect(await store.put(secret(org, 'SMALL', { valueBytes: 1 }))).toBe('saved');
  });

  test('does not let two at once both take the last place', async () => {
    const { store, user } = draw();
    const last = limits.secrets.perOwnerMax - 1;
    for (let index = 0; index < last; index++) await store.put(secret(user, `S${index}`));
    const outcomes = await Promise.all(['X', 'Y', 'Z'].map((name) => store.put(secret(user, name))));
    expect(outcomes.sort()).toEqual(['saved', 'too_many', 'too_many']);
  });

  test('finds what other keys wrap, and does not seal anew over a newer value', async () => {
    const { store, user } = draw();
    const old = secret(user, 'OLD', { keyId: 'old' });
    await store.put(old);
    await store.put(secret(user, 'NEW'));
    const found = await store.wrappedByOthers(`key ${implementation}`, 10);
    expect(found.map(({ name }) => name)).toEqual(['OLD']);

    await store.put({ ...old, sealed: { keyId: 'old', text: 'written meanwhile' } });
    expect(await store.reseal(old, { keyId: `key ${implementation}`, text: 'anew' })).toBe(false);
    const [now] = await store.wrappedByOthers(`key ${implementation}`, 10);
    expect(now && (await store.reseal(now, { keyId: `key ${implementation}`, text: 'anew' }))).toBe(true);
    expect(await store.wrappedByOthers(`key ${implementation}`, 10)).toEqual([]);
  });

  const brought = (owner: SecretOwner, name: string, text: string) => ({
    ...{ owner, name, valueBytes: 5, updatedAtMs: 500 },
    sealed: { keyId: `key ${implementation}`, text },
  });
  const texts = async (store: SecretStore, owner: SecretOwner) =>
    Object.fromEntries((await store.sealedOf(owner)).map(({ name, sealed }) => [name, sealed.text]));

  test('takes what another cell brings once, and what was set or removed here before counts', async () => {
    const { store, org } = draw();
    await store.put(secret(org, 'SET'));
    await store.put(secret(org, 'GONE'));
    await store.remove({ owner: org, name: 'GONE' });
    await store.remove({ owner: org, name: 'NEVER_HERE' });
    await store.remove({ owner: org, name: 'SET_AGAIN' });
    await store.put(secret(org, 'SET_AGAIN'));
    expect(await store.isComplete(org)).toBe(false);
    const names = ['SET', 'GONE', 'NEVER_HERE', 'SET_AGAIN', 'NEW'];
    await store.complete(
      org,
      names.map((name) => brought(org, name, 'brought')),
      9,
    );
    expect(await store.isComplete(org)).toBe(true);
    expect(await texts(store, org)).toEqual({
      SET: 'sealed SET',
      SET_AGAIN: 'sealed SET_AGAIN',
      NEW: 'brought',
    });
    expect((await store.list(org)).find(({ name }) => name === 'NEW')?.updatedAtMs).toBe(500);
    await store.complete(org, [brought(org, 'LATE', 'brought')], 9);
    expect(Object.keys(await texts(store, org))).not.toContain('LATE');
  });

  test('keeps no trace of what is removed once an organisation is complete', async () => {
    const { store, org } = draw();
    await store.complete(org, [brought(org, 'ONE', 'brought')], 9);
    expect(await store.remove({ owner: org, name: 'ONE' })).toBe(true);
    expect(await store.remove({ owner: org, name: 'ONE' })).toBe(false);
    expect(await store.list(org)).toEqual([]);
  });
});
