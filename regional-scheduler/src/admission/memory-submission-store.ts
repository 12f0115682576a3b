/** The store in memory, for tests of what stands on it: one step is one transaction. */
import type { JobId, UserId } from '@cellbook/shared/ids.ts';
import type { JobBrief, JobEnd, JobRecord } from '../records/job-record.ts';
import type { Candidate } from './asked.ts';
import {
  alikeOf,
  decideAdmission,
  type Holding,
  type Known,
  keyOf,
  microsHeldBy,
} from './decide-admission.ts';
import { leftEnd } from './left-end.ts';
import { monthOf } from './price.ts';
import { recordOf } from './record-of.ts';
import { refusedEnd } from './refused-end.ts';
import { type Delivery, noHolding, type SubmissionStore, type TellJoined } from './submission-store.ts';

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
  readonly #tell: TellJoined;
  #cursor = 0;

  constructor(tell: TellJoined = () => []) {
    this.#tell = tell;
  }

  async admit(applicants: Parameters<SubmissionStore['admit']>[0], { nowMs }: { nowMs: number }) {
    const known = this.#known(
      applicants.flatMap(({ candidate }) => holdersOf(candidate)),
      nowMs,
    );
    const verdicts = decideAdmission(applicants, known, nowMs);
    for (const verdict of verdicts)
      if (verdict.kind === 'stored') {
        this.#store(verdict.candidate, verdict.sameAs, verdict.isOver);
        const end = verdict.isOver && verdict.sameAs && this.records.get(verdict.sameAs)?.end;
        if (end) this.#deliver(this.#tell(recordOf(verdict.candidate, verdict.sameAs), end.view, nowMs));
      }
    return verdicts;
  }

  async holdingOf(holder: string, month: string): Promise<Holding> {
    return this.#holdingOf(holder, month);
  }

  cursor = async (): Promise<number> => this.#cursor;

  async settle({ fromSeq, toSeq, ends, deliveries, next, nowMs }: Parameters<SubmissionStore['settle']>[0]) {
    if (this.#cursor !== fromSeq) return false;
    this.#cursor = toSeq;
    for (const end of ends) this.#end(end, nowMs);
    this.#deliver(deliveries);
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

  findBrief = async (jobIds: readonly JobId[]): Promise<JobBrief[]> => (await this.find(jobIds)).map(briefOf);

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
    return [...this.records.values()].filter(fits).toSorted(newerFirst).slice(0, countMax).map(briefOf);
  }

  async askCancel(jobId: JobId, _askedBy: UserId, nowMs: number): Promise<void> {
    const record = this.records.get(jobId);
    if (!record || record.cancelAsked) return;
    record.cancelAsked = true;
    if (record.sameAs === null || this.records.get(record.sameAs)?.end) return;
    const end = leftEnd(record, nowMs);
    this.#end(end, nowMs);
    this.#deliver(this.#tell(record, end.view, nowMs));
  }

  #deliver(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries)
      if (!this.deliveries.has(delivery.id)) this.deliveries.set(delivery.id, delivery);
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

  #store(candidate: Candidate, sameAs: JobId | null, isOver = false): void {
    const { jobId, submittedMs } = candidate.spec;
    this.#candidates.set(jobId, candidate);
    this.records.set(jobId, recordOf(candidate, sameAs));
    if (isOver) return;
    const micros = microsHeldBy(candidate, sameAs);
    this.#holds.set(jobId, { holders: holdersOf(candidate), month: monthOf(submittedMs), micros });
  }

  #storeRefused(candidate: Candidate, end: JobEnd): void {
    this.#store(candidate, null);
    this.#holds.delete(candidate.spec.jobId);
    const record = this.records.get(candidate.spec.jobId);
    if (record) Object.assign(record, { spec: null, end });
  }

  #end(end: JobEnd, nowMs: number): void {
    const record = this.records.get(end.jobId);
    if (!record || record.end) return;
    record.end = end;
    this.#release(end.jobId, end.costMicros);
    for (const joined of this.records.values()) {
      if (joined.sameAs !== end.jobId || joined.end !== null) continue;
      this.#release(joined.jobId, 0);
      this.#deliver(this.#tell(joined, end.view, nowMs));
    }
  }

  #release(jobId: JobId, costMicros: number): void {
    const hold = this.#holds.get(jobId);
    if (!hold) return;
    this.#holds.delete(jobId);
    for (const holder of hold.holders) this.#spent.push({ holder, month: hold.month, micros: costMicros });
  }
}

const briefOf = ({ request: { prompt: _, parameters: __, ...request }, ...record }: JobRecord): JobBrief => ({
  ...record,
  request,
});

const holdersOf = ({ spec: { orgId, userId } }: Candidate): string[] => [orgId, `${orgId}/${userId}`];

const newerFirst = (
  left: { submittedMs: number; jobId: string },
  right: { submittedMs: number; jobId: string },
): number => right.submittedMs - left.submittedMs || compare(right.jobId, left.jobId);

const compare = (left: string, right: string): number => (left === right ? 0 : left < right ? -1 : 1);
