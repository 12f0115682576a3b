/** What the cell does by itself has its event, from the transaction that does it. */
import { ManualClock, systemClock } from '@cellbook/shared/clock.ts';
import { newOrgId, newUserId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { PostgresWorkspaceStore } from '../lifecycle/stores/postgres-workspace-store.ts';
import { upTo } from '../quotas/allowance.ts';
import { createLifecycleOutbox } from './lifecycle-outbox.ts';
import { createPostgresAuditStore } from './store/postgres-audit-store.ts';
import { createTestAudit, type TestAudit } from './testing/test-audit.ts';

let database: TestDatabase;
let store: PostgresWorkspaceStore;
let audit: TestAudit;
const [ownerId, orgId] = [newUserId(systemRandom), newOrgId(systemRandom)];

beforeEach(async () => {
  database = await createTestDatabase();
  const outbox = createLifecycleOutbox({
    clock: new ManualClock(),
    random: systemRandom,
    program: 'cell-test',
  });
  store = new PostgresWorkspaceStore(database.database, outbox);
  audit = createTestAudit(createPostgresAuditStore(database.database), systemClock);
});
afterEach(() => database.drop());

async function running() {
  const row = await store.create(
    {
      ...{ id: newWorkspaceId(systemRandom), ownerId, orgId, tier: 'free', name: 'a', desired: 'running' },
      ...{ idleSuspendSeconds: 60, nowMs: systemClock.nowMs(), createKey: systemRandom.uuid() },
    },
    upTo(10),
  );
  if (!row) throw new Error('it was created');
  return row;
}

async function settled() {
  audit.log.settle();
  await audit.chain.idle();
  return audit.events();
}

it('an idle suspend is one event of the cell’s own; a suspend that its owner asked for is none here', async () => {
  const [idle, asked] = [await running(), await running()];
  const change = { desired: 'suspended', from: ['running'], nowMs: systemClock.nowMs() } as const;
  await store.request(asked.id, change);
  await store.request(idle.id, { ...change, unasked: 'workspace.idle_suspend', expectedGeneration: 0 });
  expect(await settled()).toMatchObject([
    {
      who: { kind: 'system', id: 'cell-test' },
      what: 'workspace.idle_suspend',
      which: { kind: 'workspace', id: idle.id, owner: ownerId, org: orgId },
      org: orgId,
    },
  ]);
});

it('one that was refused because its owner was quicker leaves no event', async () => {
  const { id } = await running();
  const change = { desired: 'suspended', from: ['running'], nowMs: systemClock.nowMs() } as const;
  await store.request(id, { ...change, unasked: 'workspace.idle_suspend', expectedGeneration: 7 });
  expect(await settled()).toEqual([]);
});
