/** One suite for every implementation of the store of service accounts. */
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { newApiKeyId, newOrgId, newUserId, type OrgId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { createD1KeyStore } from './d1-key-store.ts';
import { createD1ServiceAccountStore } from './d1-service-account-store.ts';
import type { KeyStore } from './key-store.ts';
import { createMemoryKeyStore } from './memory-key-store.ts';
import { createMemoryServiceAccountStore } from './memory-service-account-store.ts';
import type { ServiceAccount, ServiceAccountStore } from './service-account-store.ts';

const random = systemRandom;
const hourMs = 3_600_000;

interface Stores {
  accounts: ServiceAccountStore;
  keys: KeyStore;
  org(): Promise<OrgId>;
  changed(): Promise<string[]>;
  revoked(): Promise<string[]>;
}

const stores: [string, (clock: ManualClock) => Promise<Stores>][] = [
  [
    'memory',
    async () => {
      const [revoked, changed]: [string[], string[]] = [[], []];
      const keys = createMemoryKeyStore({ revoke: async (id) => void revoked.push(id) });
      const noteChange = async (subject: string) => void changed.push(subject);
      return {
        accounts: createMemoryServiceAccountStore({ keys, noteChange }),
        keys,
        org: async () => newOrgId(random),
        changed: async () => changed,
        revoked: async () => revoked,
      };
    },
  ],
  [
    'D1',
    async (clock) => {
      await applyD1Migrations(env.DIRECTORY, env.MIGRATIONS);
      const db = env.DIRECTORY;
      const column = async (sql: string) => (await db.prepare(sql).raw<[string]>()).map(([value]) => value);
      return {
        accounts: createD1ServiceAccountStore({ db, clock }),
        keys: createD1KeyStore({ db, clock }),
        org: async () => {
          const id = newOrgId(random);
          const insert = db.prepare(
            "INSERT INTO orgs (id, name, tier, created_at) VALUES (?, 'Acme', 'free', 0)",
          );
          await insert.bind(id).run();
          return id;
        },
        changed: () => column('SELECT subject FROM changes'),
        revoked: () => column('SELECT id FROM revocations'),
      };
    },
  ],
];

describe.each(stores)('the store of service accounts on %s', (_, create) => {
  let clock: ManualClock;
  let given: Stores;
  let accounts: ServiceAccountStore;
  let orgId: OrgId;

  beforeEach(async () => {
    clock = new ManualClock();
    given = await create(clock);
    ({ accounts } = given);
    orgId = await given.org();
  });

  const accountOf = (change: Partial<ServiceAccount> = {}) => ({
    id: newUserId(random),
    orgId,
    name: 'pipeline',
    role: 'member' as const,
    region: regionIdSchema.parse('local'),
    createdBy: newUserId(random),
    createdAtMs: clock.nowMs(),
    ...change,
  });
  const keyOf = async (account: ServiceAccount) => {
    const key = {
      ...{ id: newApiKeyId(random), userId: account.id, orgId: account.orgId, name: 'ci', scopes: null },
      ...{ hash: random.uuid(), hint: 'abcd', createdBy: account.createdBy, createdAtMs: clock.nowMs() },
      expiresAtMs: clock.nowMs() + hourMs,
    };
    return given.keys.create(key, clock.nowMs());
  };
  const change = (id: ServiceAccount['id'], what: Parameters<ServiceAccountStore['change']>[2]) =>
    accounts.change(orgId, id, what, clock.nowMs());

  test('one is made once; asked for again it is as it is now', async () => {
    const wanted = accountOf();
    const made = await accounts.create(wanted);
    expect(made).toEqual({ ...wanted, disabledAtMs: null });
    await change(made.id, { name: 'renamed' });
    expect(await accounts.create(wanted)).toMatchObject({ id: made.id, name: 'renamed' });
    expect(await accounts.list(orgId)).toHaveLength(1);
  });

  test('are listed oldest first, each in its organisation alone', async () => {
    const first = await accounts.create(accountOf());
    const second = await accounts.create(accountOf({ createdAtMs: clock.nowMs() + 1 }));
    const elsewhere = await accounts.create(accountOf({ orgId: await given.org() }));
    expect((await accounts.list(orgId)).map(({ id }) => id)).toEqual([first.id, second.id]);
    expect(await accounts.get(orgId, first.id)).toEqual(first);
    expect(await accounts.get(orgId, elsewhere.id)).toBeNull();
    expect(await change(elsewhere.id, { disabled: true })).toBeNull();
    expect((await accounts.get(elsewhere.orgId, elsewhere.id))?.disabledAtMs).toBeNull();
  });

  test('there are so many in an organisation and no more', async () => {
    for (let made = 0; made < limits.edge.serviceAccountsPerOrgMax; made++)
      await accounts.create(accountOf());
    await expect(accounts.create(accountOf())).rejects.toMatchObject({ code: 'quota_exceeded' });
    const elsewhere = await given.org();
    await expect(accounts.create(accountOf({ orgId: elsewhere }))).resolves.toMatchObject({
      orgId: elsewhere,
    });
  });

  test('what is not named stays as it is, and a change is noted for the keys it has', async () => {
    const { id } = await accounts.create(accountOf());
    const key = await keyOf(await accounts.create(accountOf({ id })));
    expect(await change(id, { role: 'admin' })).toMatchObject({
      name: 'pipeline',
      role: 'admin',
      disabledAtMs: null,
    });
    expect(await given.changed()).toContain(id);
    expect(await given.revoked()).not.toContain(key.id);
  });

  test('disabling ends its keys for good, and leaves those of others', async () => {
    const [one, other] = [await accounts.create(accountOf()), await accounts.create(accountOf())];
    const [dead, alive] = [await keyOf(one), await keyOf(other)];
    const atMs = clock.nowMs();
    expect(await change(one.id, { disabled: true })).toMatchObject({ disabledAtMs: atMs });
    expect(await given.revoked()).toContain(dead.id);
    expect(await given.revoked()).not.toContain(alive.id);
    await clock.advance(5);
    expect(await change(one.id, { disabled: true })).toMatchObject({ disabledAtMs: atMs });
    expect(await change(one.id, { disabled: false })).toMatchObject({ disabledAtMs: null });
    expect(await given.keys.list({ userId: one.id }, clock.nowMs())).toEqual([]);
    expect(await given.keys.list({ userId: other.id }, clock.nowMs())).toHaveLength(1);
  });

  test('one that is not there is not changed', async () => {
    const nobody = newUserId(random);
    expect(await change(nobody, { disabled: true })).toBeNull();
    // Every edge reads the marks: an admin who names strangers would fill them.
    expect(await given.changed()).not.toContain(nobody);
  });
});
