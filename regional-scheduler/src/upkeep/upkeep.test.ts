/** Snapshots by a real thread on a real Postgres, and what folding gives from them. */
import { systemClock } from '@cellbook/shared/clock.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stateDigest } from '../core/dump-state.ts';
import { rebuild } from '../lead/replica.ts';
import { openRegion } from '../open-region.ts';
import { openStores, type Stores } from '../open-stores.ts';
import { eventually } from '../testing/eventually.ts';
import { submitJobs } from '../testing/submit-rows.ts';
import { createSchedulerTestDatabase, type SchedulerTestDatabase } from '../testing/test-database.ts';
import { keepUp } from './upkeep.ts';

let test1: SchedulerTestDatabase;
let stores: Stores;
beforeAll(async () => {
  test1 = await createSchedulerTestDatabase();
  stores = await openStores({ databaseUrl: test1.url });
});
afterAll(async () => {
  await stores.close();
  await test1.drop();
});

test('who leads has a snapshot made aside; folding it gives the same state as folding every event', async () => {
  const tools = { clock: systemClock, random: seededRandom(1), log: silentLogger };
  const config = { schedulerId: 'gpu-eu', agentLeaseMs: 60_000 };
  const parts = { stores, metrics: createMetrics(), at: { url: 'http://here' } };
  const { instance, region } = openRegion(config, tools, parts);
  instance.start();
  try {
    await submitJobs(stores.database, seededRandom(2), 300);
    await eventually('all are taken in', () => region.state()?.jobs.size === 300);
    const upkeep = { ...tools, config: { databaseUrl: test1.url }, database: stores.database, instance };
    await keepUp({ ...upkeep, snapshots: stores.snapshots }, 1_000);
    expect(await stores.snapshots.newest()).toBeNull();
    await keepUp({ ...upkeep, snapshots: stores.snapshots }, 300);
    const snapshot = await stores.snapshots.newest();
    expect(snapshot?.seq).toBeGreaterThan(300);
    await submitJobs(stores.database, seededRandom(3), 10);
    await eventually('the rest is taken in', () => region.state()?.jobs.size === 310);
  } finally {
    await instance.close();
  }
  const fromSnapshot = await rebuild(stores.log, stores.snapshots);
  await stores.snapshots.removeOlder(0);
  const fromFirst = await rebuild(stores.log, stores.snapshots);
  expect([fromSnapshot.seq, fromSnapshot.watermark]).toEqual([fromFirst.seq, fromFirst.watermark]);
  expect(fromSnapshot.state.jobs.size).toBe(310);
  expect(stateDigest(fromSnapshot.state)).toBe(stateDigest(fromFirst.state));
});
