import { ManualClock } from '@cellbook/shared/clock.ts';
import { afterAll, beforeAll } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../db/test-database.ts';
import { MemoryTransitionStore } from './memory-transition-store.ts';
import { MemoryWorkspaceStore } from './memory-workspace-store.ts';
import { PostgresTransitionStore } from './postgres-transition-store.ts';
import { PostgresWorkspaceStore } from './postgres-workspace-store.ts';
import { describeStores } from './workspace-store.conformance.ts';

describeStores('in memory', async () => {
  const clock = new ManualClock();
  const transitions = new MemoryTransitionStore();
  const passMs = (ms: number) => clock.advance(ms);
  return { store: new MemoryWorkspaceStore(clock, transitions), transitions, passMs };
});

let fresh: TestDatabase;
beforeAll(async () => {
  fresh = await createTestDatabase();
});
afterAll(() => fresh?.drop());

describeStores('on Postgres', async () => ({
  store: new PostgresWorkspaceStore(fresh.database),
  transitions: new PostgresTransitionStore(fresh.database),
  // Its own clock cannot be moved, so the leases are: all of them end that much earlier.
  passMs: async (ms) => {
    await fresh.database.$client`
      update workspaces set lease_expires_at = lease_expires_at - ${ms} * interval '1 millisecond'`;
  },
}));
