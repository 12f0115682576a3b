/** What every store of submissions does. */
import type { JobId } from '@cellbook/shared/ids.ts';
import { jobQuotasOf } from '@cellbook/shared/protocol/quota.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { describe, expect, it } from 'vitest';
import { newJob } from '../records/fold-job.ts';
import type { JobEnd } from '../records/job-record.ts';
import { applicant, askerOf, candidate, noonMs, videoOf } from '../testing/candidates.ts';
import type { Candidate } from './asked.ts';
import { monthOf } from './price.ts';
import type { Settlement, SubmissionStore } from './submission-store.ts';

const random = seededRandom(5);
const how = { nowMs: noonMs, durability: 'durable' } as const;
const month = monthOf(noonMs);

export const endOf = ({ spec }: Candidate, given: Partial<JobEnd> = {}): JobEnd => ({
  ...{ jobId: spec.jobId, orgId: spec.orgId, phase: 'succeeded', view: newJob(null), costMicros: 5 },
  ...{ endedMs: noonMs, resultKey: 'results/a', resultUntilMs: noonMs + 1_000 },
  ...given,
});

export function describeSubmissionStore(name: string, open: () => SubmissionStore): void {
  const settling = async (given: Partial<Settlement>): Promise<boolean> => {
    const fromSeq = await open().cursor();
    const nothing = { ends: [], deliveries: [], next: [], nowMs: noonMs };
    return open().settle({ fromSeq, toSeq: fromSeq + 1, ...nothing, ...given });
  };

  describe(name, () => {
    it('stores a group once: the same key and body again is the same job, another body is refused', async () => {
      const asker = askerOf(random);
      const first = applicant(asker, { key: 'k' });
      const [stored] = await open().admit([first], how);
      expect(stored).toMatchObject({ kind: 'stored', jobId: first.candidate.spec.jobId, sameAs: null });
      const again = [applicant(asker, { key: 'k' }), applicant(asker, { key: 'k', job: videoOf('another') })];
      const [known, refused] = await open().admit(again, how);
      expect(known).toMatchObject({ kind: 'known', jobId: first.candidate.spec.jobId });
      expect(refused).toMatchObject({ kind: 'refused', error: { code: 'idempotency_key_reused' } });
      expect(await open().find([again[0]!.candidate.spec.jobId])).toEqual([]);
      expect((await open().holdingOf(asker.orgId, month)).unfinished).toBe(1);
    });

    it('gives one of two with the same key that come in one group the other’s job', async () => {
      const asker = askerOf(random);
      const [one, two] = [applicant(asker, { key: 'k' }), applicant(asker, { key: 'k' })];
      const verdicts = await open().admit([one, two], how);
      expect(verdicts.map(({ kind }) => kind)).toEqual(['stored', 'known']);
      const ofAnother = applicant(askerOf(random), { key: 'k' });
      expect((await open().admit([ofAnother], how))[0]).toMatchObject({ kind: 'stored' });
    });

    it('never holds more than the cap, and refuses the one that would, saying what is left', async () => {
      const asker = askerOf(random);
      const usual = jobQuotasOf('paid', undefined);
      const micros = candidate(asker).spec.reservedMicros;
      const quotas = {
        ...usual,
        organisation: { ...usual.organisation, spendMicrosPerMonth: 2 * micros + 1 },
      };
      const three = [1, 2, 3].map(() => applicant(asker, { quotas }));
      const verdicts = await open().admit(three, how);
      expect(verdicts.map(({ kind }) => kind)).toEqual(['stored', 'stored', 'refused']);
      expect(verdicts[2]).toMatchObject({
        error: { code: 'spend_cap_reached', ids: { whose: 'organisation' } },
      });
      expect(await open().holdingOf(asker.orgId, month)).toEqual({
        ...{ unfinished: 2, reservedMicros: 2 * micros, spentMicros: 0 },
      });
      await settling({ ends: [endOf(three[0]!.candidate, { costMicros: 5 })] });
      expect(await open().holdingOf(asker.orgId, month)).toEqual({
        ...{ unfinished: 1, reservedMicros: micros, spentMicros: 5 },
      });
      const another = applicant(asker, { quotas, job: videoOf('another') });
      expect((await open().admit([another], how))[0]?.kind).toBe('refused');
    });

    it('counts unfinished jobs of a user and of his organisation apart', async () => {
      const asker = askerOf(random);
      const colleague = askerOf(random, { orgId: asker.orgId });
      const usual = jobQuotasOf('paid', undefined);
      const quotas = { ...usual, user: { ...usual.user, unfinished: 1 } };
      const group = [asker, asker, colleague].map((who) => applicant(who, { quotas }));
      const verdicts = await open().admit(group, how);
      expect(verdicts.map(({ kind }) => kind)).toEqual(['stored', 'refused', 'stored']);
      expect(verdicts[1]).toMatchObject({ error: { code: 'quota_exceeded', ids: { whose: 'user' } } });
      expect((await open().holdingOf(asker.orgId, month)).unfinished).toBe(2);
    });

    it('settles an end once, however often it is told, and only from where the cursor is', async () => {
      const asker = askerOf(random);
      const ended = applicant(asker);
      await open().admit([ended], how);
      const fromSeq = await open().cursor();
      const ends = [endOf(ended.candidate)];
      expect(await settling({ ends })).toBe(true);
      expect(await settling({ fromSeq, toSeq: fromSeq + 1, ends })).toBe(false);
      expect(await settling({ ends })).toBe(true);
      expect(await open().holdingOf(asker.orgId, month)).toEqual({
        ...{ unfinished: 0, reservedMicros: 0, spentMicros: 5 },
      });
      const [record] = await open().find([ended.candidate.spec.jobId]);
      expect(record?.end).toMatchObject({ phase: 'succeeded', costMicros: 5, resultKey: 'results/a' });
    });

    it('hands a finished identical request’s result on inside the organisation, and never across', async () => {
      const asker = askerOf(random);
      const first = applicant(asker);
      await open().admit([first], how);
      const { jobId } = first.candidate.spec;
      const ask = async (given: Parameters<typeof applicant>[1], who = asker): Promise<JobId | null> => {
        const [verdict] = await open().admit([applicant(who, given)], how);
        return verdict?.kind === 'stored' ? verdict.sameAs : null;
      };
      const joins = { job: videoOf(undefined, { reuse: 'join' }) };
      expect(await ask({})).toBeNull();
      await settling({ ends: [endOf(first.candidate)] });
      expect(await ask({})).toBe(jobId);
      expect(await ask({ job: videoOf(undefined, { reuse: 'off' }) })).toBeNull();
      expect(await ask({ job: videoOf('another') })).toBeNull();
      expect(await ask({}, askerOf(random))).toBeNull();
      expect(await ask(joins, askerOf(random))).toBeNull();
    });

    it('joins an identical request under way only where that is asked for: it counts, and reserves and keeps nothing', async () => {
      const asker = askerOf(random);
      const first = applicant(asker);
      const joining = applicant(asker, { job: videoOf(undefined, { reuse: 'join' }) });
      const [, verdict] = await open().admit([first, joining], how);
      expect(verdict).toMatchObject({ kind: 'stored', sameAs: first.candidate.spec.jobId });
      const { reservedMicros } = first.candidate.spec;
      expect(await open().holdingOf(asker.orgId, month)).toMatchObject({ unfinished: 2, reservedMicros });
      const [record] = await open().find([joining.candidate.spec.jobId]);
      expect(record).toMatchObject({ spec: null, sameAs: first.candidate.spec.jobId });
      expect(record?.request).toMatchObject({ prompt: '', parameters: {} });
      await settling({ ends: [endOf(first.candidate, { phase: 'failed', resultKey: null })] });
      expect(await open().holdingOf(asker.orgId, month)).toMatchObject({ unfinished: 0, reservedMicros: 0 });
      const [afresh] = await open().admit([applicant(asker)], how);
      expect(afresh).toMatchObject({ kind: 'stored', sameAs: null });
    });

    it('refuses to join beyond the number of unfinished jobs, and not to take what is finished', async () => {
      const asker = askerOf(random);
      const usual = jobQuotasOf('paid', undefined);
      const quotas = { ...usual, user: { ...usual.user, unfinished: 2, spendMicrosPerMonth: 120_000_000 } };
      const job = videoOf(undefined, { reuse: 'join' });
      const three = [1, 2, 3].map(() => applicant(asker, { job, quotas }));
      const verdicts = await open().admit(three, how);
      expect(verdicts.map(({ kind }) => kind)).toEqual(['stored', 'stored', 'refused']);
      expect(verdicts[2]).toMatchObject({ error: { code: 'quota_exceeded', ids: { whose: 'user' } } });
      await settling({ ends: [endOf(three[0]!.candidate)] });
      const rest = [1, 2, 3].map(() => applicant(asker, { job, quotas }));
      for (const verdict of await open().admit(rest, how))
        expect(verdict).toMatchObject({ kind: 'stored', isOver: true });
      expect((await open().holdingOf(asker.orgId, month)).unfinished).toBe(0);
    });

    it('ends a joined job that its owner cancels, whatever becomes of the other', async () => {
      const asker = askerOf(random);
      const joins = { job: videoOf(undefined, { reuse: 'join' }) };
      const [first, left, stays] = [applicant(asker), applicant(asker, joins), applicant(asker, joins)];
      await open().admit([first, left, stays], how);
      await open().askCancel(left.candidate.spec.jobId, asker.userId, noonMs + 1);
      expect((await open().holdingOf(asker.orgId, month)).unfinished).toBe(2);
      await settling({ ends: [endOf(first.candidate)] });
      await open().askCancel(stays.candidate.spec.jobId, asker.userId, noonMs + 2);
      const [one] = await open().findBrief([left.candidate.spec.jobId]);
      expect(one?.end).toMatchObject({ phase: 'cancelled', endedMs: noonMs + 1, costMicros: 0 });
      const [other] = await open().findBrief([stays.candidate.spec.jobId]);
      expect(other?.end).toBeNull();
      expect((await open().holdingOf(asker.orgId, month)).unfinished).toBe(0);
    });

    it('shows content only where it is asked for', async () => {
      const asker = askerOf(random);
      const one = applicant(asker);
      await open().admit([one], how);
      const ids = [one.candidate.spec.jobId];
      expect((await open().find(ids))[0]?.request).toEqual(one.candidate.request);
      const { prompt: _, parameters: __, ...brief } = one.candidate.request;
      expect((await open().findBrief(ids))[0]?.request).toEqual(brief);
      const nothing = { userId: null, kind: null, label: null, sinceMs: null, after: null, countMax: 10 };
      expect((await open().list({ orgId: asker.orgId, ...nothing }))[0]?.request).toEqual(brief);
    });

    it('offers no result whose time is over, and joins nothing that is to be cancelled', async () => {
      const asker = askerOf(random);
      const [old, cancelled] = [applicant(asker), applicant(asker, { job: videoOf('another') })];
      await open().admit([old, cancelled], how);
      await settling({ ends: [endOf(old.candidate, { resultUntilMs: noonMs })] });
      await open().askCancel(cancelled.candidate.spec.jobId, asker.userId, noonMs);
      await open().askCancel(cancelled.candidate.spec.jobId, asker.userId, noonMs);
      expect((await open().find([cancelled.candidate.spec.jobId]))[0]?.cancelAsked).toBe(true);
      const joins = [videoOf(undefined, { reuse: 'join' }), videoOf('another', { reuse: 'join' })];
      const verdicts = await open().admit(
        joins.map((job) => applicant(asker, { job })),
        how,
      );
      for (const verdict of verdicts) expect(verdict).toMatchObject({ kind: 'stored', sameAs: null });
    });

    it('lists newest first, page by page, by what is asked for', async () => {
      const asker = askerOf(random);
      const colleague = askerOf(random, { orgId: asker.orgId });
      const made = [0, 1, 2, 3].map((hour) =>
        applicant(hour === 2 ? colleague : asker, {
          nowMs: noonMs + hour * 3_600_000,
          job: videoOf('a fox', { name: `number ${hour}`, labels: hour === 0 ? { film: 'one' } : {} }),
        }),
      );
      await open().admit(made, how);
      const nothing = { kind: null, label: null, sinceMs: null, after: null, countMax: 10 };
      const list = async (given: object) =>
        (await open().list({ orgId: asker.orgId, userId: null, ...nothing, ...given })).map(
          ({ request: { name } }) => name,
        );
      expect(await list({})).toEqual(['number 3', 'number 2', 'number 1', 'number 0']);
      expect(await list({ userId: asker.userId, countMax: 2 })).toEqual(['number 3', 'number 1']);
      const { submittedMs, jobId } = made[2]!.candidate.spec;
      expect(await list({ after: { submittedMs, jobId } })).toEqual(['number 1', 'number 0']);
      expect(await list({ label: { name: 'film', value: 'one' } })).toEqual(['number 0']);
      expect(await list({ sinceMs: submittedMs })).toEqual(['number 3', 'number 2']);
      expect(await list({ kind: 'notebook' })).toEqual([]);
      expect(await list({ orgId: askerOf(random).orgId })).toEqual([]);
    });

    it('stores a next run once', async () => {
      const asker = askerOf(random);
      const next = [applicant(asker, { key: 'run 2' }), applicant(asker, { key: 'run 2' })];
      await settling({ next: next.slice(0, 1) });
      await settling({ next: next.slice(1) });
      expect((await open().holdingOf(asker.orgId, month)).unfinished).toBe(1);
    });

    it('ends a repetition visibly where its next run is over the quota', async () => {
      const asker = askerOf(random);
      const usual = jobQuotasOf('paid', undefined);
      const quotas = { ...usual, user: { ...usual.user, spendMicrosPerMonth: 1 } };
      const next = applicant(asker, { key: 'run 2', quotas });
      await settling({ next: [next] });
      const [record] = await open().find([next.candidate.spec.jobId]);
      expect(record).toMatchObject({ spec: null, end: { phase: 'failed', costMicros: 0 } });
      expect(record?.end?.view.because).toContain('not admitted');
      expect((await open().holdingOf(asker.orgId, month)).unfinished).toBe(0);
    });
  });
}
