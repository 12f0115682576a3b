/** One suite for every implementation of the store of keys. */
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { newApiKeyId, newUserId, type OrgId, regionIdSchema, type UserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { createD1Directory } from '../directory/d1-directory.ts';
import { createD1People } from '../directory/d1-people.ts';
import type { Directory } from '../directory/directory.ts';
import { createMemoryDirectory } from '../directory/memory-directory.ts';
import { createMemoryPeople } from '../directory/memory-people.ts';
import { MemoryTables } from '../directory/memory-tables.ts';
import type { People } from '../directory/people.ts';
import { createD1KeyStore } from './d1-key-store.ts';
import type { KeyStore, NewKey } from './key-store.ts';
import { createMemoryKeyStore } from './memory-key-store.ts';

const region = regionIdSchema.parse('local');
const dayMs = 86_400_000;
const random = systemRandom;

describe.each([
  [
    'memory',
    async (clock: ManualClock) => {
      const directory = createMemoryDirectory();
      const people = createMemoryPeople({ tables: new MemoryTables(), clock, random, operators: new Set() });
      return {
        people,
        directory,
        keys: createMemoryKeyStore({ revoke: (id, untilMs) => directory.revokeSession(id, untilMs) }),
      };
    },
  ],
  [
    'D1',
    async (clock: ManualClock) => {
      await applyD1Migrations(env.DIRECTORY, env.MIGRATIONS);
      const db = env.DIRECTORY;
      return {
        people: createD1People({ db, clock, random, operators: new Set() }),
        directory: createD1Directory({ db, clock }),
        keys: createD1KeyStore({ db, clock }),
      };
    },
  ],
])('the store of keys on %s', (_, create) => {
  let clock: ManualClock;
  let directory: Directory;
  let people: People;
  let keys: KeyStore;
  let userId: UserId;
  let orgId: OrgId;

  beforeEach(async () => {
    clock = new ManualClock();
    ({ people, directory, keys } = await create(clock));
    const person = await people.findOrCreatePerson(`${random.uuid()}@example.org`, 'Ada', region);
    [userId, orgId] = [person.sub, person.org];
  });

  const revoked = async (nowMs: number) => [
    ...(await directory.revocations(nowMs, limits.edge.revocationsMax)).keys(),
  ];
  const keyOf = (change: Partial<NewKey> = {}): NewKey => ({
    id: newApiKeyId(random),
    userId,
    orgId,
    name: 'laptop',
    scopes: null,
    hash: random.uuid(),
    hint: 'abcd',
    createdBy: userId,
    createdAtMs: clock.nowMs(),
    expiresAtMs: clock.nowMs() + dayMs,
    ...change,
  });

  test('keys are listed newest first, without what they were made of', async () => {
    const [first, second] = [
      keyOf({ name: 'first' }),
      keyOf({ name: 'second', createdAtMs: clock.nowMs() + 1 }),
    ];
    await keys.create(first, clock.nowMs());
    await keys.create(second, clock.nowMs());
    const listed = await keys.list({ userId }, clock.nowMs());
    expect(listed.map(({ name }) => name)).toEqual(['second', 'first']);
    expect(JSON.stringify(listed)).not.toContain(first.hash);
  });

  test('a second key of one id leaves the first as it was', async () => {
    const key = keyOf();
    await keys.create(key, clock.nowMs());
    const row = await keys.create({ ...key, name: 'other', hash: random.uuid() }, clock.nowMs());
    expect(row.name).toBe('laptop');
    expect(await keys.list({ userId }, clock.nowMs())).toHaveLength(1);
  });

  test('another’s key is neither listed nor revoked nor returned', async () => {
    const key = keyOf();
    await keys.create(key, clock.nowMs());
    const stranger = newUserId(random);
    expect(await keys.list({ userId: stranger }, clock.nowMs())).toEqual([]);
    expect(await keys.revoke({ userId: stranger }, key.id, clock.nowMs())).toBe(false);
    expect(await revoked(clock.nowMs())).not.toContain(key.id);
  });

  test('a revoked key is gone from the list and among the revocations until it would have ended', async () => {
    const key = keyOf();
    await keys.create(key, clock.nowMs());
    expect(await keys.revoke({ userId }, key.id, clock.nowMs())).toBe(true);
    expect(await keys.revoke({ userId }, key.id, clock.nowMs())).toBe(false);
    expect(await keys.list({ userId }, clock.nowMs())).toEqual([]);
    expect(await revoked(clock.nowMs())).toContain(key.id);
    expect(await revoked(key.expiresAtMs)).not.toContain(key.id);
  });

  test('a user has so many keys and no more, and one less after a revocation', async () => {
    const many = Array.from({ length: limits.edge.tokensPerUserMax }, () => keyOf());
    for (const key of many) await keys.create(key, clock.nowMs());
    await expect(keys.create(keyOf(), clock.nowMs())).rejects.toMatchObject({
      code: 'quota_exceeded',
    });
    const [first] = many;
    if (first) await keys.revoke({ userId }, first.id, clock.nowMs());
    await expect(keys.create(keyOf(), clock.nowMs())).resolves.toMatchObject({ name: 'laptop' });
  });

  test('revoking makes room for new keys only so often: revocations are everyone’s', async () => {
    const makeAndRevoke = async () => {
      const key = keyOf();
      await keys.create(key, clock.nowMs());
      await keys.revoke({ userId }, key.id, clock.nowMs());
    };
    for (let made = 0; made < limits.edge.tokensKeptPerUserMax; made += 25)
      await Promise.all(Array.from({ length: 25 }, makeAndRevoke));
    await expect(keys.create(keyOf(), clock.nowMs())).rejects.toMatchObject({
      code: 'quota_exceeded',
    });
  });

  test('an expired key is neither listed nor counted', async () => {
    await keys.create(keyOf({ expiresAtMs: clock.nowMs() + 1_000 }), clock.nowMs());
    await clock.advance(1_000);
    expect(await keys.list({ userId }, clock.nowMs())).toEqual([]);
  });

  test('a key says what it is restricted to, who made it, and when it was last used', async () => {
    const key = keyOf({ scopes: ['notebooks:read', 'audit'], createdBy: newUserId(random) });
    await keys.create(key, clock.nowMs());
    expect((await keys.list({ userId }, clock.nowMs()))[0]).toMatchObject({
      scopes: ['notebooks:read', 'audit'],
      createdBy: key.createdBy,
      lastUsedAtMs: null,
    });
    await keys.used(key.id, 5_000);
    await keys.used(key.id, 4_000);
    expect((await keys.list({ userId }, clock.nowMs()))[0]?.lastUsedAtMs).toBe(5_000);
  });

  test('an organisation has the keys of all who act in it, and revokes any of them', async () => {
    const [mine, colleagues] = [keyOf(), keyOf({ userId: newUserId(random) })];
    await keys.create(mine, clock.nowMs());
    await keys.create(colleagues, clock.nowMs());
    const listed = await keys.list({ orgId }, clock.nowMs());
    expect(listed.map(({ id }) => id).sort()).toEqual([mine.id, colleagues.id].sort());
    expect(await keys.revoke({ orgId }, colleagues.id, clock.nowMs())).toBe(true);
    expect(await revoked(clock.nowMs())).toContain(colleagues.id);
  });
});
