import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newOrgId, newUserId, newVolumeId, newWorkspaceId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { createPostgresHomeStore } from '../home/postgres-home-store.ts';
import { PostgresWorkspaceStore } from '../lifecycle/stores/postgres-workspace-store.ts';
import { sumStorage } from '../quotas/sum-storage.ts';
import { createPostgresManifestStore } from '../storage/manifests/postgres-manifest-store.ts';
import { migrate } from './migrate.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let old: TestDatabase;
let folder: string;
beforeAll(async () => {
  old = await createTestDatabase({ migrated: false });
  folder = await mkdtemp(join(tmpdir(), 'cellbook-migrations-'));
}, 60_000);
afterAll(async () => {
  await old?.drop();
  await rm(folder, { recursive: true, force: true });
});

const journalSchema = z.looseObject({ entries: z.array(z.looseObject({ tag: z.string() })) });

/** The schema as it was before there were several cells: its last migration was `0004_kernels`. */
async function migrateToFirstRelease(): Promise<void> {
  await cp(join(import.meta.dirname, 'migrations'), folder, { recursive: true });
  const file = join(folder, 'meta/_journal.json');
  const journal = journalSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  const entries = journal.entries.filter(({ tag }) => tag <= '0004_kernels');
  await writeFile(file, JSON.stringify({ ...journal, entries }));
  await applyMigrations(old.database, { migrationsFolder: folder });
}

test('a database of one cell alone keeps its workspaces and volumes, and whoever has something there lives there', async () => {
  await migrateToFirstRelease();
  const sql = old.database.$client;
  const [owner, other, org] = [newUserId(systemRandom), newUserId(systemRandom), newOrgId(systemRandom)];
  const id = newWorkspaceId(systemRandom);
  await sql`insert into workspaces (id, owner_id, org_id, tier, name, desired, phase, generation, epoch, dormant,
      attempts, created_at, last_active_at, create_key)
    values (${id}, ${owner}, ${org}, 'free', 'kept', 'running', 'running', 1, 3, false, 0, now(), now(), 'k')`;
  await sql`insert into volumes (workspace_id, volume_id, version, epoch, root, attached_host, swept_version)
    values (${id}, ${newVolumeId(systemRandom)}, 7, 3, ${'a'.repeat(64)}, 'host-1', 0)`;
  await sql`insert into lab_settings (user_id, plugin_id, raw, created_at, modified_at)
    values (${other}, 'p', '{}', now(), now())`;
  await migrate(old.database);
  expect(await new PostgresWorkspaceStore(old.database).get(id)).toMatchObject({
    ...{ name: 'kept', desired: 'running', epoch: 3, ownerId: owner, orgId: org },
  });
  expect(await createPostgresManifestStore(old.database).read(id)).toMatchObject({ version: 7 });
  // Nobody knows who chose what: what is not its tier's usual is its own.
  expect((await sql`select idle_own from workspaces`)[0]).toEqual({ idle_own: true });
  // What is there counts from its next commit on, and until then keeps nobody from anything.
  expect(await sumStorage(old.database, { ownerId: owner, orgId: org })).toEqual({
    user: 0,
    organisation: 0,
  });
  const region = regionIdSchema.parse('eu');
  const residents = await createPostgresHomeStore(old.database, region).residents();
  expect(new Set(residents.map(({ userId }) => userId))).toEqual(new Set([owner, other]));
});
