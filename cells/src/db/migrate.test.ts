import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { closeDatabase, openDatabase } from './database.ts';
import { migrate } from './migrate.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let fresh: TestDatabase;
beforeAll(async () => {
  fresh = await createTestDatabase({ migrated: false });
}, 60_000);
afterAll(() => fresh?.drop());

test('two starters that migrate at once do not collide, and a third finds nothing to do', async () => {
  const other = openDatabase(fresh.url, { connectionsMax: 4 });
  try {
    await Promise.all([migrate(fresh.database), migrate(other)]);
    await migrate(other);
    const applied = await other.$client`select hash from drizzle.__drizzle_migrations`;
    expect(new Set(applied.map((row) => row.hash)).size).toBe(applied.length);
    const tables =
      await other.$client`select 1 from information_schema.tables where table_name = 'workspaces'`;
    expect(tables).toHaveLength(1);
  } finally {
    await closeDatabase(other);
  }
});

test('a statement that takes too long is stopped by the server', async () => {
  const settings = await fresh.database.$client`select current_setting('statement_timeout') as limit`;
  expect(settings[0]?.limit).toBe('10s');
});

test('a change that its owner can see raises the revision and notifies; a lease renewal does neither', async () => {
  const sql = fresh.database.$client;
  const heard: string[] = [];
  const listening = await sql.listen('workspace_changed', (payload) => void heard.push(payload));
  await sql`insert into workspaces (id, owner_id, org_id, tier, name, desired, phase, generation, epoch, dormant,
      attempts, created_at, last_active_at, create_key)
    values ('ws-1', 'user-1', 'org-1', 'free', 'a', 'suspended', 'suspended', 0, 0, false, 0, now(), now(), 'k')`;
  const revision = async () => (await sql`select revision from workspaces`)[0]?.revision as string;
  const first = await revision();
  await sql`update workspaces set lease_holder = 'me', lease_expires_at = now(), last_active_at = now()`;
  expect(await revision()).toBe(first);
  await sql`update workspaces set name = 'b'`;
  const second = await revision();
  expect(Number(second)).toBeGreaterThan(Number(first));
  await eventually(() => heard).toEqual([`user-1 ws-1 ${first}`, `user-1 ws-1 ${second}`]);
  await listening.unlisten();
});
