import { jobIdSchema, newJobId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, describe, expect, it } from 'vitest';
import { createSchedulerTestDatabase } from '../testing/test-database.ts';
import { createMemoryHandoffStore, type HandoffStore } from './handoff-store.ts';
import { createPostgresHandoffStore } from './postgres-handoff-store.ts';

const random = seededRandom(11);
const from = regionIdSchema.parse('eu');
const taken = { taken: true, because: 'taken' };
const refused = { taken: false, because: 'full' };

const database = await createSchedulerTestDatabase();
afterAll(() => database.drop());
const stores: [string, HandoffStore][] = [
  ['memory', createMemoryHandoffStore()],
  ['Postgres', createPostgresHandoffStore(database.database)],
];

describe.each(stores)('what was answered to offers, in %s', (_, store) => {
  const key = () => ({ jobId: jobIdSchema.parse(newJobId(random)), from, handoff: 1 });

  it('is the first word, for ever', async () => {
    const one = key();
    expect(await store.find(one)).toBeNull();
    expect(await store.settle(one, refused, 1)).toEqual(refused);
    expect(await store.settle(one, taken, 2)).toEqual(refused);
    expect(await store.find(one)).toEqual(refused);
    expect(await store.settle({ ...one, handoff: 2 }, taken, 3)).toEqual(taken);
  });

  it('is the same for all who ask at once', async () => {
    const one = key();
    const asked = Array.from({ length: 20 }, (_, at) => store.settle(one, at % 2 ? taken : refused, at));
    expect(new Set((await Promise.all(asked)).map((answer) => answer.taken)).size).toBe(1);
  });

  it('tells which jobs came from elsewhere, and forgets refusals, never what was taken', async () => {
    const [came, stayed] = [key(), key()];
    await store.settle(came, taken, 1);
    await store.settle(stayed, refused, 1);
    await store.prune(2);
    expect(await store.took([came.jobId, stayed.jobId])).toEqual(new Set([came.jobId]));
    expect(await store.find(stayed)).toBeNull();
    expect(await store.find(came)).toEqual(taken);
  });
});
