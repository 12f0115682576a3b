import { regionIdSchema } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tellJoinedOf } from '../ends/settlement-of.ts';
import { newJob } from '../records/fold-job.ts';
import { applicant, askerOf, noonMs, videoOf } from '../testing/candidates.ts';
import { patience } from '../testing/jobs-under-test.ts';
import { createSchedulerTestDatabase, type SchedulerTestDatabase } from '../testing/test-database.ts';
import { MemorySubmissionStore } from './memory-submission-store.ts';
import { PostgresSubmissionStore } from './postgres/postgres-submission-store.ts';
import { lockOrganisations } from './postgres/read-known.ts';
import { insertSubmissions } from './postgres/write-submissions.ts';
import { monthOf } from './price.ts';
import { describeSubmissionStore, endOf } from './submission-store.conformance.ts';

const tell = tellJoinedOf(regionIdSchema.parse('eu'));
const memory = new MemorySubmissionStore(tell);
describeSubmissionStore('submissions in memory', () => memory);

let test: SchedulerTestDatabase;
let store: PostgresSubmissionStore;
beforeAll(async () => {
  test = await createSchedulerTestDatabase();
  store = new PostgresSubmissionStore(test.database, tell);
});
afterAll(() => test?.drop());
describeSubmissionStore('submissions in Postgres', () => store);

it('keeps account and holds equal for any mixture of admissions and ends at once; at the end nothing is reserved', async () => {
  const random = seededRandom(77);
  const org = askerOf(random);
  const askers = [org, askerOf(random, { orgId: org.orgId }), askerOf(random)];
  const admitted: ReturnType<typeof applicant>[] = [];
  const rounds = Array.from({ length: 12 }, (_, round) => round);
  await Promise.all(
    rounds.map(async (round) => {
      const group = Array.from({ length: 1 + random.int(6) }, () =>
        applicant(askers[random.int(3)]!, { random }),
      );
      const durability = round % 2 === 0 ? 'durable' : 'batched';
      const verdicts = await store.admit(group, { nowMs: noonMs, durability });
      for (const [index, verdict] of verdicts.entries())
        if (verdict.kind === 'stored' && verdict.sameAs === null) admitted.push(group[index]!);
    }),
  );
  let toSettle = admitted;
  while (toSettle.length > 0) {
    const now = toSettle.slice(0, 1 + random.int(5));
    toSettle = toSettle.slice(now.length);
    const fromSeq = await store.cursor();
    const ends = now.map(({ candidate }) => endOf(candidate, { costMicros: random.int(1_000) }));
    const settlement = { fromSeq, toSeq: fromSeq + 1, ends, deliveries: [], next: [], nowMs: noonMs };
    const outcomes = await Promise.all([store.settle(settlement), store.settle(settlement)]);
    expect(outcomes.toSorted()).toEqual([false, true]);
    const [difference] = await test.database.$client<{ off: number }[]>`
      select count(*)::int as off from (select holder, sum(reserved_micros) as reserved, sum(unfinished) as unfinished
        from job_accounts where holder not like '%/%' group by holder) a
      full join (select org_id as holder, sum(micros) as reserved, count(*) as unfinished from job_holds group by 1) h
        using (holder)
      where coalesce(a.reserved, 0) <> coalesce(h.reserved, 0) or coalesce(a.unfinished, 0) <> coalesce(h.unfinished, 0)`;
    expect(difference?.off).toBe(0);
  }
  for (const { orgId, userId } of askers)
    for (const holder of [orgId, `${orgId}/${userId}`])
      expect(await store.holdingOf(holder, monthOf(noonMs))).toMatchObject({
        unfinished: 0,
        reservedMicros: 0,
      });
});

it('refuses of a group only what Postgres cannot keep, and stores the others’ jobs', async () => {
  const random = seededRandom(78);
  const group = Array.from({ length: 7 }, () => applicant(askerOf(random), { random }));
  const bad = [1, 4];
  const asked = group.map(({ candidate, quotas }, index) =>
    bad.includes(index)
      ? { quotas, candidate: { ...candidate, request: { ...candidate.request, prompt: 'a\0b' } } }
      : { quotas, candidate },
  );
  const verdicts = await store.admit(asked, { nowMs: noonMs, durability: 'durable' });
  for (const [index, verdict] of verdicts.entries())
    expect(verdict).toMatchObject(
      bad.includes(index) ? { kind: 'refused', error: { code: 'bad_request' } } : { kind: 'stored' },
    );
  expect(await store.findBrief(asked.map(({ candidate }) => candidate.spec.jobId))).toHaveLength(5);
});

it('keeps of what a host has said what can be kept', async () => {
  const random = seededRandom(79);
  const one = applicant(askerOf(random), { random });
  await store.admit([one], { nowMs: noonMs, durability: 'durable' });
  const view = { ...newJob(null), phase: 'failed' as const, because: `a\0b${'🦊'.slice(0, 1)}` };
  const fromSeq = await store.cursor();
  const ends = [endOf(one.candidate, { view, resultKey: 'results/a\0' })];
  await store.settle({ fromSeq, toSeq: fromSeq + 1, ends, deliveries: [], next: [], nowMs: noonMs });
  const [record] = await store.findBrief([one.candidate.spec.jobId]);
  expect(record?.end).toMatchObject({ resultKey: 'results/a', view: { because: 'ab\ufffd' } });
});

it('ends also a job that joins while the end of the other is being settled', async () => {
  const random = seededRandom(80);
  const asker = askerOf(random);
  const job = videoOf('a fox that is joined late', { reuse: 'join', webhook: { url: 'https://a.example/' } });
  const [first, late] = [applicant(asker, { random, job }), applicant(asker, { random, job })];
  await store.admit([first], { nowMs: noonMs, durability: 'durable' });
  const fromSeq = await store.cursor();
  const { $client: sql } = test.database;
  const waiting = async () =>
    (
      await sql`select 1 from pg_locks where locktype = 'advisory' and not granted
      and database = (select oid from pg_database where datname = current_database())`
    ).length;
  const settled = await sql.begin(async (joining) => {
    await lockOrganisations(joining, [asker.orgId]);
    const ends = [endOf(first.candidate)];
    const settling = store.settle({
      fromSeq,
      toSeq: fromSeq + 1,
      ends,
      deliveries: [],
      next: [],
      nowMs: noonMs,
    });
    await expect.poll(waiting, patience).toBe(1);
    await insertSubmissions(joining, [{ candidate: late.candidate, sameAs: first.candidate.spec.jobId }]);
    return { settling };
  });
  expect(await settled.settling).toBe(true);
  expect((await store.holdingOf(asker.orgId, monthOf(noonMs))).unfinished).toBe(0);
  const told = await sql`select 1 from webhook_outbox where job_id = ${late.candidate.spec.jobId}`;
  expect(told).toHaveLength(1);
});
