import { jobIdSchema, newJobId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, describe, expect, it } from 'vitest';
import type { Candidate } from '../admission/asked.ts';
import { askerOf, candidate } from '../testing/candidates.ts';
import { createSchedulerTestDatabase } from '../testing/test-database.ts';
import { createMemoryHandoffStore, type HandoffStore } from './handoff-store.ts';
import { createPostgresHandoffStore } from './postgres-handoff-store.ts';

const random = seededRandom(11);
const from = regionIdSchema.parse('eu');
const taken = { taken: true, because: 'taken' };
const refused = { taken: false, because: 'full' };

const database = await createSchedulerTestDatabase();
afterAll(() => database.drop());
const inMemory: Candidate[] = [];
const storedInPostgres = async ({ spec: { jobId } }: Candidate) => {
  const rows = await database.database.$client`
    select 1 from submissions join job_holds using (job_id) where job_id = ${jobId}`;
  return rows.length;
};
const stores: [string, HandoffStore, (job: Candidate) => Promise<number>][] = [
  [
    'memory',
    createMemoryHandoffStore((job) => {
      if (Number.isNaN(job.spec.reservedMicros)) throw new Error('it cannot be stored');
      inMemory.push(job);
    }),
    async (job) => inMemory.filter((one) => one === job).length,
  ],
  ['Postgres', createPostgresHandoffStore(database.database), storedInPostgres],
];

describe.each(stores)('what was answered to offers, in %s', (_, store, stored) => {
  const key = () => ({ jobId: jobIdSchema.parse(newJobId(random)), from, handoff: 1 });

  it('is the first word, for ever', async () => {
    const one = key();
    expect(await store.find(one)).toBeNull();
    expect(await store.settle(one, refused, 1, null)).toEqual(refused);
    expect(await store.settle(one, taken, 2, null)).toEqual(refused);
    expect(await store.find(one)).toEqual(refused);
    expect(await store.settle({ ...one, handoff: 2 }, taken, 3, null)).toEqual(taken);
  });

  it('is the same for all who ask at once', async () => {
    const one = key();
    const asked = Array.from({ length: 20 }, (_, at) =>
      store.settle(one, at % 2 ? taken : refused, at, null),
    );
    expect(new Set((await Promise.all(asked)).map((answer) => answer.taken)).size).toBe(1);
  });

  it('tells which jobs came from elsewhere, and forgets refusals, never what was taken', async () => {
    const [came, stayed] = [key(), key()];
    await store.settle(came, taken, 1, null);
    await store.settle(stayed, refused, 1, null);
    await store.prune(2);
    expect(await store.took([came.jobId, stayed.jobId])).toEqual(new Set([came.jobId]));
    expect(await store.find(stayed)).toBeNull();
    expect(await store.find(came)).toEqual(taken);
  });

  const keyOf = (job: Candidate) => ({ jobId: job.spec.jobId, from, handoff: 1 });

  it('has the job that it says is taken, once, and none that it refuses', async () => {
    const [job, other] = [candidate(askerOf(random)), candidate(askerOf(random))];
    const asked = [1, 2, 3].map((at) => store.settle(keyOf(job), taken, at, job));
    expect(await Promise.all(asked)).toEqual([taken, taken, taken]);
    expect(await store.settle(keyOf(other), refused, 1, other)).toEqual(refused);
    expect([await stored(job), await stored(other)]).toEqual([1, 0]);
  });

  it('never says that a job is taken that could not be stored: its withdrawal is heard first', async () => {
    const job = candidate(askerOf(random));
    job.spec.reservedMicros = Number.NaN;
    await expect(store.settle(keyOf(job), taken, 1, job)).rejects.toThrow();
    expect(await store.find(keyOf(job))).toBeNull();
    expect(await store.settle(keyOf(job), refused, 2, null)).toEqual(refused);
    expect(await stored(job)).toBe(0);
  });
});

it('a job that was taken, has ended and was removed is not stored again, however late it is offered once more', async () => {
  const store = createPostgresHandoffStore(database.database);
  const job = candidate(askerOf(random));
  const key = { jobId: job.spec.jobId, from, handoff: 1 };
  await store.settle(key, taken, 1, job);
  const { $client: sql } = database.database;
  await sql`delete from job_holds where job_id = ${key.jobId}`;
  await sql`delete from submissions where job_id = ${key.jobId}`;
  expect(await store.settle(key, refused, 2, job)).toEqual(taken);
  expect(await storedInPostgres(job)).toBe(0);
});
