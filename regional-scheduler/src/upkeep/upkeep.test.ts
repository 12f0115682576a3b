/** Snapshots by a real thread on a real Postgres, and what folding gives from them. */
import { systemClock } from '@cellbook/shared/clock.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { stateDigest } from '../core/dump-state.ts';
import { rebuild } from '../lead/replica.ts';
import { noArrival } from '../log/event-log.ts';
import { pack } from '../log/snapshot-parts.ts';
import { openRegion } from '../open-region.ts';
import { openStores, type Stores } from '../open-stores.ts';
import { eventually } from '../testing/eventually.ts';
import { submitJobs } from '../testing/submit-rows.ts';
import { createSchedulerTestDatabase, type SchedulerTestDatabase } from '../testing/test-database.ts';
import { keepUp } from './upkeep.ts';

// Each waits for programs on a machine that may be busy with all the tests.
vi.setConfig({ testTimeout: 120_000 });

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
  const submitted = async () =>
    (await region.log.read(0, 1_000)).filter(({ event }) => event.type === 'job_submitted').length;
  instance.start();
  try {
    await submitJobs(stores.database, seededRandom(2), 300);
    await eventually('all are written', async () => (await submitted()) === 300);
    const upkeep = { ...tools, config: { databaseUrl: test1.url }, database: stores.database, instance };
    await keepUp({ ...upkeep, snapshots: stores.snapshots }, 1_000);
    expect(await stores.snapshots.newest()).toBeNull();
    // What is applied may not be written yet, and a busy machine may lose its lead and win it again.
    await eventually('a snapshot is made', async () => {
      await keepUp({ ...upkeep, snapshots: stores.snapshots }, 300);
      return (await stores.snapshots.newest()) !== null;
    });
    expect((await stores.snapshots.newest())?.seq).toBeGreaterThanOrEqual(300);
    await submitJobs(stores.database, seededRandom(3), 10);
    await eventually('the rest is written', async () => (await submitted()) === 310);
  } finally {
    await instance.close();
  }
  const fromSnapshot = await rebuild(stores.log, stores.snapshots, { clock: systemClock });
  await stores.snapshots.removeOlder(0);
  const fromFirst = await rebuild(stores.log, stores.snapshots, { clock: systemClock });
  expect([fromSnapshot.seq, fromSnapshot.watermark]).toEqual([fromFirst.seq, fromFirst.watermark]);
  expect(fromSnapshot.state.jobs.size).toBe(310);
  expect(stateDigest(fromSnapshot.state)).toBe(stateDigest(fromFirst.state));
});

test('a snapshot of another format is refused, not misread', async () => {
  const head = { seq: 7, watermark: noArrival };
  await stores.snapshots.save(
    head,
    pack([{ format: 0 }, { part: 'region' }].map((part) => Buffer.from(JSON.stringify(part)))),
  );
  const folding = rebuild(stores.log, stores.snapshots, { clock: systemClock });
  await expect(folding).rejects.toMatchObject({ code: 'snapshot_incompatible', ids: { seq: 7 } });
  await stores.snapshots.removeOlder(0);
});

test('what a failed snapshot left goes before the next, and one whose parts went is none', async () => {
  const { snapshots } = stores;
  const bytes = Buffer.from('a part');
  const seqs = async () => {
    const rows = await stores.database.$client<{ seq: number }[]>`
      select distinct seq::int as seq from snapshot_parts order by 1`;
    return rows.map(({ seq }) => seq);
  };
  await snapshots.save({ seq: 1, watermark: noArrival }, [bytes]);
  async function* failing() {
    yield bytes;
    throw new Error('the thread was ended');
  }
  await expect(snapshots.save({ seq: 3, watermark: noArrival }, failing())).rejects.toThrow();
  expect(await seqs()).toEqual([1, 3]);
  async function* overtaken() {
    yield bytes;
    await snapshots.save({ seq: 2, watermark: noArrival }, [bytes]);
    yield bytes;
  }
  const late = snapshots.save({ seq: 4, watermark: noArrival }, overtaken());
  await expect(late).rejects.toMatchObject({ code: 'conflict' });
  expect((await snapshots.newest())?.seq).toBe(2);
  await snapshots.save({ seq: 5, watermark: noArrival }, [bytes]);
  expect(await seqs()).toEqual([1, 2, 5]);
  await snapshots.removeOlder(0);
});
