/** The cell's stores on real Postgres, where what executors ask waits for what somebody else has locked. */
import { systemClock } from '@cellbook/shared/clock.ts';
import { newOrgId, newUserId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readConfig } from '../config.ts';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { upTo } from '../quotas/allowance.ts';
import { type CellStores, openStores } from './store-part.ts';

let fresh: TestDatabase;
let stores: CellStores;
beforeAll(async () => {
  fresh = await createTestDatabase({ migrated: false });
  const config = readConfig({
    ...{
      CELLBOOK_CELL_ID: 'eu-1',
      CELLBOOK_REGION_ID: 'eu',
      CELLBOOK_PORT: '0',
      CELLBOOK_DATA_DIR: '/nowhere',
    },
    ...{ CELLBOOK_OBJECTS: 'memory:', CELLBOOK_EDGE_PUBLIC_KEYS: '/nowhere', DATABASE_URL: fresh.url },
  });
  stores = await openStores(config, { clock: systemClock, random: systemRandom, log: silentLogger });
});
afterAll(async () => {
  await stores?.close();
  await fresh?.drop();
});

async function create() {
  const [id, ownerId, orgId] = [
    newWorkspaceId(systemRandom),
    newUserId(systemRandom),
    newOrgId(systemRandom),
  ];
  const common = { tier: 'free', name: 'n', desired: 'suspended', idleSuspendSeconds: null } as const;
  const createKey = systemRandom.uuid();
  const nowMs = systemClock.nowMs();
  const row = await stores.store.create({ ...common, id, ownerId, orgId, nowMs, createKey }, upTo(10));
  return row ?? expect.fail('the store refused a workspace');
}

it('a write of the API is done while every connection of the executors waits for a lock', async () => {
  const [locked, free] = [await create(), await create()];
  const isLocked = Promise.withResolvers<void>();
  const letGo = Promise.withResolvers<void>();
  const locking = fresh.database.$client.begin(async (sql) => {
    await sql`select 1 from workspaces where id = ${locked.id} for update`;
    isLocked.resolve();
    await letGo.promise;
  });
  await isLocked.promise;
  let waiting = 2 * limits.database.connectionsMax;
  const edits = Array.from({ length: waiting }, (_, index) =>
    stores.store.edit(locked.id, { name: `${index}` }).finally(() => waiting--),
  );
  const written = await stores.api.store.edit(free.id, { name: 'renamed' });
  const scope = { userId: free.ownerId, route: 'PATCH', key: 'k' };
  const claim = { bodyHash: 'h', claimId: 'c', nowMs: systemClock.nowMs(), lockMs: 1_000, ttlMs: 1_000 };
  const claimed = await stores.api.idempotency.claim(scope, claim);
  expect([written?.name, claimed.state, waiting]).toEqual(['renamed', 'claimed', edits.length]);
  letGo.resolve();
  await locking;
  await Promise.all(edits);
});
