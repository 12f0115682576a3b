/** What arrives is taken once and in one order, whatever order its transactions end in. */
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { jobOf } from '../core/testing/region.ts';
import { closeDatabase, type Database, openDatabase } from '../db/database.ts';
import { jobNumber } from '../testing/events.ts';
import { eventually } from '../testing/eventually.ts';
import { insertSpecs, submitJobs } from '../testing/submit-rows.ts';
import { createSchedulerTestDatabase, type SchedulerTestDatabase } from '../testing/test-database.ts';
import { type Arrival, type Arrivals, eventOfArrival } from './arrivals.ts';
import { noArrival } from './event-log.ts';
import { arrivalSettings, createPostgresArrivals } from './postgres-arrivals.ts';

const random = seededRandom(4);
let store: SchedulerTestDatabase;
let own: Database;
let arrivals: Arrivals;
beforeAll(async () => {
  store = await createSchedulerTestDatabase();
  own = openDatabase(store.url, { connectionsMax: 1, settings: arrivalSettings });
  arrivals = createPostgresArrivals(own);
});
beforeEach(() => store.database.$client`truncate submissions, cancel_requests, asks`.then(() => {}));
afterAll(async () => {
  await closeDatabase(own);
  await store.drop();
});

/** Page by page, as the leader does. */
async function takeAll(countMax: number): Promise<Arrival[]> {
  const all: Arrival[] = [];
  for (;;) {
    const page = await arrivals.take(all.at(-1) ?? noArrival, countMax);
    if (page.length === 0) return all;
    all.push(...page);
  }
}

const ids = (taken: readonly Arrival[]) =>
  taken.map((one) => (one.stream === 'submissions' ? one.job.jobId : one.stream));

test('a submission whose transaction began earlier and ends later is neither overlooked nor passed', async () => {
  const [early, late] = [0, 1].map(() => jobOf(random, 1_000, 1, 60_000, {})) as [never, never];
  let commit = () => {};
  const held = new Promise<void>((resolve) => {
    commit = resolve;
  });
  let isWritten = () => {};
  const written = new Promise<void>((resolve) => {
    isWritten = resolve;
  });
  const slow = store.database.$client.begin(async (on) => {
    await insertSpecs(on, [early]);
    isWritten();
    await held;
  });
  await written;
  await insertSpecs(store.database.$client, [late]);
  // The later one is committed, and waits for the earlier.
  expect(await arrivals.take(noArrival, 10)).toEqual([]);
  commit();
  await slow;
  await eventually('both are taken', async () => (await takeAll(10)).length === 2);
  expect(ids(await takeAll(10))).toEqual([early, late].map(({ jobId }) => jobId));
});

test('pages of any size give every arrival once, and in the same order', async () => {
  const jobIds = await submitJobs(store.database, random, 5);
  await store.database
    .$client`insert into cancel_requests (job_id, asked_by, asked_ms) values (${jobIds[4] ?? ''}, 'x', 0)`;
  await arrivals.ask({ type: 'job_released', atMs: 0, jobId: jobNumber(1) }, 'a test');
  await store.database.$client.begin(async (on) => {
    await on`insert into asks (event, asked_by) values ('{}', 'one transaction'), ('{}', 'one transaction')`;
    await on`insert into cancel_requests (job_id, asked_by, asked_ms) values ('a', 'x', 0), ('b', 'x', 0)`;
    await insertSpecs(on, [jobOf(random, 1, 1, 1, {})]);
  });
  // Other tests' transactions are under way on the same server.
  await eventually('all are taken', async () => (await takeAll(100)).length === 12);
  const whole = await takeAll(100);
  for (const size of [1, 2, 5]) expect(await takeAll(size)).toEqual(whole);
  expect(ids(whole).slice(0, 7)).toEqual([...jobIds, 'cancel_requests', 'asks']);
});

test('what another job’s result answers is not taken; a wish for a job that has ended means nothing', async () => {
  await submitJobs(store.database, random, 1);
  await store.database.$client`update submissions set spec = null`;
  expect(await takeAll(10)).toEqual([]);
  const cancel = { stream: 'cancel_requests', xid: 1, position: 1, jobId: jobNumber(1) } as const;
  expect(eventOfArrival(cancel, () => false, 5)).toBeNull();
  expect(eventOfArrival(cancel, () => true, 5)).toEqual({
    type: 'cancel_asked',
    atMs: 5,
    jobId: jobNumber(1),
  });
});
