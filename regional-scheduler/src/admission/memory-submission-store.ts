/** The store in memory, for tests of what stands on it: one step is one transaction. */
import type { JobId } from '@cellbook/shared/ids.ts';
import type { JobEnd, JobRecord } from '../records/job-record.ts';
import type { Candidate } from './asked.ts';
import { alikeOf, decideAdmission, type Holding, type Known, keyOf } from './decide-admission.ts';
import { monthOf } from './price.ts';
import { refusedEnd } from './refused-end.ts';
import { type Delivery, noHolding, type SubmissionStore } from './submission-store.ts';

interface Hold {
  holders: string[];
  month: string;
  micros: number;
}

export class MemorySubmissionStore implements SubmissionStore {
  readonly records = new Map<JobId, JobRecord>();
  readonly deliveries = new Map<string, Delivery>();
  readonly #candidates = new Map<JobId, Candidate>();
  readonly #holds = new Map<JobId, Hold>();
  readonly #spent: { holder: string; month: string; micros: number }[] = [];
  #cursor = 0;

  async admit(applicants: Parameters<SubmissionStore['admit']>[0], { nowMs }: { nowMs: number }) {
    const known = this.#known(
      applicants.flatMap(({ candidate }) => holdersOf(candidate)),
      nowMs,
    );
    const verdicts = decideAdmission(applicants, known, nowMs);
    for (const verdict of verdicts)
      if (verdict.kind === 'stored') this.#store(verdict.candidate, verdict.sameAs);
    return verdicts;
  }

  async takeOver(candidate: Candidate): Promise<boolean> {
    if (this.records.has(candidate.spec.jobId)) return false;
    this.#store(candidate, null);
    return true;
  }

  async holdingOf(holder: string, month: string): Promise<Holding> {
    return this.#holdingOf(holder, month);
  }

  cursor = async (): Promise<number> => this.#cursor;

  async settle({ fromSeq, toSeq, ends, deliveries, next, nowMs }: Parameters<SubmissionStore['settle']>[0]) {
    if (this.#cursor !== fromSeq) return false;
    this.#cursor = toSeq;
    for (const end of ends) this.#end(end);
    for (const delivery of deliveries)
      if (!this.deliveries.has(delivery.id)) this.deliveries.set(delivery.id, delivery);
    const runs = next.filter(({ candidate }) => !this.#isKnown(candidate));
    const holders = runs.flatMap(({ candidate }) => holdersOf(candidate));
    const verdicts = decideAdmission(runs, this.#known(holders, nowMs), nowMs);
    for (const [index, { candidate }] of runs.entries()) {
      const verdict = verdicts[index];
      if (verdict?.kind === 'stored') this.#store(candidate, null);
      if (verdict?.kind === 'refused')
        this.#storeRefused(candidate, refusedEnd(candidate, verdict.error, nowMs));
    }
    return true;
  }

  async find(jobIds: readonly JobId[]): Promise<JobRecord[]> {
    return jobIds.flatMap((jobId) => this.records.get(jobId) ?? []);
  }

  async joined(jobIds: readonly JobId[]): Promise<JobRecord[]> {
    return [...this.records.values()].filter(({ sameAs }) => sameAs !== null && jobIds.includes(sameAs));
  }

  async list({
    orgId,
    userId,
    kind,
    label,
    sinceMs,
    after,
    countMax,
  }: Parameters<SubmissionStore['list']>[0]) {
    const fits = (one: JobRecord): boolean =>
      one.orgId === orgId &&
      (userId === null || one.userId === userId) &&
      (kind === null || one.kind === kind) &&
      (label === null || one.request.labels[label.name] === label.value) &&
      (sinceMs === null || one.submittedMs >= sinceMs) &&
      (after === null || newerFirst(after, one) < 0);
    return [...this.records.values()].filter(fits).toSorted(newerFirst).slice(0, countMax);
  }

  async askCancel(jobId: JobId): Promise<void> {
    const record = this.records.get(jobId);
    if (record) record.cancelAsked = true;
  }

  #isKnown = (candidate: Candidate): boolean =>
    [...this.#candidates.values()].some(
      (one) => candidate.idempotencyKey !== null && keyOf(one) === keyOf(candidate),
    );

  #known(holders: readonly string[], nowMs: number): Known {
    const keys = new Map<string, { jobId: JobId; bodyHash: string | null; sameAs: JobId | null }>();
    const [finished, underWay] = [new Map<string, JobId>(), new Map<string, JobId>()];
    for (const [jobId, candidate] of this.#candidates) {
      const record = this.records.get(jobId);
      keys.set(keyOf(candidate), {
        ...{ jobId, bodyHash: candidate.bodyHash, sameAs: record?.sameAs ?? null },
      });
      if (!record?.spec || candidate.fingerprint === null) continue;
      const alike = alikeOf(record.orgId, candidate.fingerprint);
      const { end } = record;
      if (end === null && !record.cancelAsked) underWay.set(alike, jobId);
      if (end?.phase === 'succeeded' && (end.resultUntilMs ?? 0) > nowMs) finished.set(alike, jobId);
    }
    const month = monthOf(nowMs);
    const holdings = new Map(holders.map((holder) => [holder, this.#holdingOf(holder, month)]));
    return { keys, finished, underWay, holdings };
  }

  #holdingOf(holder: string, month: string): Holding {
    const held = [...this.#holds.values()].filter(({ holders }) => holders.includes(holder));
    const sum = (list: readonly { month: string; micros: number }[]) =>
      list.reduce((total, one) => (one.month === month ? total + one.micros : total), 0);
    const spent = this.#spent.filter((one) => one.holder === holder);
    return { ...noHolding, unfinished: held.length, reservedMicros: sum(held), spentMicros: sum(spent) };
  }

  #store(candidate: Candidate, sameAs: JobId | null): void {
    const { spec, request } = candidate;
    const { jobId, orgId, userId, tier, kind, submittedMs } = spec;
    this.#candidates.set(jobId, candidate);
    this.records.set(jobId, {
      ...{ jobId, orgId, userId, tier, kind, request, submittedMs, sameAs },
      ...{ spec: sameAs === null ? spec : null, cancelAsked: false, end: null },
    });
    if (sameAs !== null) return;
    const hold = { holders: holdersOf(candidate), month: monthOf(submittedMs), micros: spec.reservedMicros };
    this.#holds.set(jobId, hold);
  }

  #storeRefused(candidate: Candidate, end: JobEnd): void {
    this.#store(candidate, null);
    this.#holds.delete(candidate.spec.jobId);
    const record = this.records.get(candidate.spec.jobId);
    if (record) Object.assign(record, { spec: null, end });
  }

  #end(end: JobEnd): void {
    const record = this.records.get(end.jobId);
    if (!record || record.end) return;
    record.end = end;
    const hold = this.#holds.get(end.jobId);
    if (!hold) return;
    this.#holds.delete(end.jobId);
    for (const holder of hold.holders)
      this.#spent.push({ holder, month: hold.month, micros: end.costMicros });
  }
}

const holdersOf = ({ spec: { orgId, userId } }: Candidate): string[] => [orgId, `${orgId}/${userId}`];

const newerFirst = (
  left: { submittedMs: number; jobId: string },
  right: { submittedMs: number; jobId: string },
): number => right.submittedMs - left.submittedMs || compare(right.jobId, left.jobId);

const compare = (left: string, right: string): number => (left === right ? 0 : left < right ? -1 : 1);
