import type { JobId } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Asker } from '../admission/asked.ts';
import { PostgresSubmissionStore } from '../admission/postgres/postgres-submission-store.ts';
import { applicant, askerOf, noonMs, videoOf } from '../testing/candidates.ts';
import { createSchedulerTestDatabase, type SchedulerTestDatabase } from '../testing/test-database.ts';
import { createPostgresJoins, type Joins } from './joins.ts';

const random = seededRandom(5);
let test: SchedulerTestDatabase;
let store: PostgresSubmissionStore;
let joins: Joins;
beforeAll(async () => {
  test = await createSchedulerTestDatabase();
  store = new PostgresSubmissionStore(test.database, () => []);
  joins = createPostgresJoins(test.database);
});
afterAll(() => test?.drop());

async function handIn(asker: Asker): Promise<{ jobId: JobId; sameAs: JobId | null }> {
  const one = applicant(asker, { job: videoOf('a fox', { reuse: 'join' }), random });
  const [verdict] = await store.admit([one], { nowMs: noonMs, durability: 'durable' });
  if (verdict?.kind !== 'stored') throw new Error('it was refused');
  return verdict;
}

it('one that another has joined is told, and is not closed to others', async () => {
  const asker = askerOf(random);
  const first = await handIn(asker);
  expect(await joins.joined([first.jobId])).toEqual(new Set());
  expect((await handIn(asker)).sameAs).toBe(first.jobId);
  expect(await joins.joined([first.jobId])).toEqual(new Set([first.jobId]));
  expect(await joins.close({ ...asker, ...first })).toBe(false);
  expect((await handIn(asker)).sameAs).toBe(first.jobId);
});

it('none joins one that was closed, however often it is', async () => {
  const asker = askerOf(random);
  const first = await handIn(asker);
  expect([await joins.close({ ...asker, ...first }), await joins.close({ ...asker, ...first })]).toEqual([
    true,
    true,
  ]);
  expect((await handIn(asker)).sameAs).toBeNull();
});

it('of closing and joining at once one comes first, and the other follows it', async () => {
  const askers = Array.from({ length: 12 }, () => askerOf(random));
  const firsts = await Promise.all(askers.map(handIn));
  const outcomes = await Promise.all(
    askers.map((asker, at) => Promise.all([joins.close({ ...asker, ...firsts[at]! }), handIn(asker)])),
  );
  for (const [isClosed, second] of outcomes) expect(second.sameAs === null).toBe(isClosed);
});
