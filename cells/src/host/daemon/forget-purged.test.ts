import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { newOrgId, newUserId, newWorkspaceId, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { systemRandom as random } from '@cellbook/shared/random.ts';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../../db/test-database.ts';
import { PostgresWorkspaceStore } from '../../lifecycle/stores/postgres-workspace-store.ts';
import { upTo } from '../../quotas/allowance.ts';
import { openEpochBook } from '../epoch-book.ts';
import { forgetPurged } from './forget-purged.ts';

test('a host forgets the epochs of workspaces that were purged a while ago, and of no others', async () => {
  const { database, drop } = await createTestDatabase();
  const directory = await mkdtemp(join(tmpdir(), 'cellbook-epochs-'));
  const clock = new ManualClock();
  const epochs = await openEpochBook(directory);
  const store = new PostgresWorkspaceStore(database);
  async function create(purgedAgoMs: number | null): Promise<WorkspaceId> {
    const id = newWorkspaceId(random);
    const owner = { ownerId: newUserId(random), orgId: newOrgId(random), tier: 'free' as const };
    const row = { id, ...owner, name: 'n', desired: 'suspended' as const, idleSuspendSeconds: null };
    await store.create({ ...row, nowMs: clock.nowMs(), createKey: id }, upTo(10));
    const purgedAt = purgedAgoMs === null ? null : new Date(clock.nowMs() - purgedAgoMs).toISOString();
    await database.execute(sql`update workspaces set purged_at = ${purgedAt} where id = ${id}`);
    await epochs.raise(id, 3);
    return id;
  }
  const { forgetPurgedAfterMs } = limits.host;
  const stays = [await create(null), await create(forgetPurgedAfterMs - 1_000)];
  await create(forgetPurgedAfterMs + 1_000);
  const unheardOf = newWorkspaceId(random);
  await epochs.raise(unheardOf, 9);
  stays.push(unheardOf);

  const parts = { epochs, database, clock, log: silentLogger };
  await forgetPurged(parts);
  await forgetPurged(parts);
  expect((await readdir(directory)).sort()).toEqual([...stays].sort());
  await drop();
  await rm(directory, { recursive: true });
});
