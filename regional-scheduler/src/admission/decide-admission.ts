/**
 * Which of a group of candidates are taken in, in their order, against what is known of keys, of identical requests
 * and of what holders hold. Pure: the store reads what is known under the organisations' locks, asks, and keeps the
 * answer in the same transaction.
 *
 *     known key ─▶ same body: that job │ another body: refused
 *     identical request whose result may be used ─▶ a job that is that one's; while that one runs it counts as unfinished
 *     unfinished jobs, spend (reserved + spent + this one's reservation) within the organisation's and the user's ─▶ stored
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { JobId } from '@cellbook/shared/ids.ts';
import type { JobQuota, JobQuotas } from '@cellbook/shared/protocol/quota.ts';
import type { Candidate, Stored } from './asked.ts';
import { monthOf } from './price.ts';

export interface Holding {
  unfinished: number;
  /** Of the present month. */
  reservedMicros: number;
  spentMicros: number;
}

export interface Known {
  /** By keyOf. */
  keys: ReadonlyMap<string, { jobId: JobId; bodyHash: string | null; sameAs: JobId | null }>;
  /** By alikeOf: one that succeeded and whose result is there; one that is under way. */
  finished: ReadonlyMap<string, JobId>;
  underWay: ReadonlyMap<string, JobId>;
  /** By holder. */
  holdings: ReadonlyMap<string, Holding>;
}

export type Verdict =
  | ({ kind: 'stored'; candidate: Candidate; isOver: boolean } & Stored)
  /** It was here before. */
  | ({ kind: 'known' } & Stored)
  | { kind: 'refused'; error: CellbookError };

export interface Applicant {
  candidate: Candidate;
  quotas: JobQuotas;
  /** Handed in with others: how long it takes says nothing about how late single ones are. */
  inBatch?: boolean;
}

export const orgHolder = ({ spec: { orgId } }: Candidate): string => orgId;
export const userHolder = ({ spec: { orgId, userId } }: Candidate): string => `${orgId}/${userId}`;
export const keyOf = ({ spec: { orgId, userId }, idempotencyKey }: Candidate): string =>
  `${orgId}/${userId}/${idempotencyKey}`;
export const alikeOf = (orgId: string, fingerprint: string): string => `${orgId}/${fingerprint}`;

export function decideAdmission(applicants: readonly Applicant[], known: Known, nowMs: number): Verdict[] {
  const keys = new Map(known.keys);
  const underWay = new Map(known.underWay);
  const holdings = new Map([...known.holdings].map(([holder, held]) => [holder, { ...held }]));
  return applicants.map((applicant) => {
    const verdict = decideOne(applicant, { keys, finished: known.finished, underWay, holdings }, nowMs);
    if (verdict.kind === 'stored') remember(verdict, { keys, underWay, holdings });
    return verdict;
  });
}

function decideOne({ candidate, quotas }: Applicant, known: Known, nowMs: number): Verdict {
  const { spec, reuse, idempotencyKey } = candidate;
  const before = idempotencyKey === null ? undefined : known.keys.get(keyOf(candidate));
  if (before) {
    if (before.bodyHash !== candidate.bodyHash) return { kind: 'refused', error: reused(candidate) };
    return { kind: 'known', jobId: before.jobId, sameAs: before.sameAs };
  }
  const stored = { kind: 'stored', candidate, jobId: spec.jobId } as const;
  const alike = reuse && alikeOf(spec.orgId, reuse.fingerprint);
  const finished = alike === null ? undefined : known.finished.get(alike);
  if (finished) return { ...stored, sameAs: finished, isOver: true };
  const sameAs = (alike !== null && reuse?.joins && known.underWay.get(alike)) || null;
  const micros = microsHeldBy(candidate, sameAs);
  const held = {
    organisation: known.holdings.get(orgHolder(candidate)),
    user: known.holdings.get(userHolder(candidate)),
  };
  const error = overQuotas(held, quotas, micros, nowMs);
  return error ? { kind: 'refused', error } : { ...stored, sameAs, isOver: false };
}

/** What another's run gives costs nothing more. */
export const microsHeldBy = ({ spec }: Candidate, sameAs: JobId | null): number =>
  sameAs === null ? spec.reservedMicros : 0;

function remember(
  { candidate, jobId, sameAs, isOver }: Extract<Verdict, { kind: 'stored' }>,
  into: { keys: Map<string, unknown>; underWay: Map<string, JobId>; holdings: Map<string, Holding> },
): void {
  const { spec, fingerprint, bodyHash } = candidate;
  if (candidate.idempotencyKey !== null) into.keys.set(keyOf(candidate), { jobId, bodyHash, sameAs });
  if (isOver) return;
  if (sameAs === null && fingerprint !== null) into.underWay.set(alikeOf(spec.orgId, fingerprint), jobId);
  for (const holder of [orgHolder(candidate), userHolder(candidate)]) {
    const held = into.holdings.get(holder) ?? { unfinished: 0, reservedMicros: 0, spentMicros: 0 };
    held.unfinished += 1;
    held.reservedMicros += microsHeldBy(candidate, sameAs);
    into.holdings.set(holder, held);
  }
}

/** Null: a job that reserves so much has room in both. */
export const overQuotas = (
  held: Record<'organisation' | 'user', Holding | undefined>,
  quotas: JobQuotas,
  wantedMicros: number,
  nowMs: number,
): CellbookError | null =>
  over('organisation', held.organisation, quotas.organisation, wantedMicros, nowMs) ??
  over('user', held.user, quotas.user, wantedMicros, nowMs);

function over(
  whose: 'organisation' | 'user',
  held: Holding | undefined,
  quota: JobQuota,
  wantedMicros: number,
  nowMs: number,
): CellbookError | null {
  const { unfinished, reservedMicros, spentMicros } = held ?? {
    ...{ unfinished: 0, reservedMicros: 0, spentMicros: 0 },
  };
  const who = whose === 'user' ? 'you have' : 'your organisation has';
  const doing = 'admitting a job';
  if (unfinished >= quota.unfinished)
    return new CellbookError('quota_exceeded', {
      doing,
      problem: `${who} ${unfinished} jobs that have not ended, and the limit is ${quota.unfinished}`,
      next: 'Wait until some have ended, or cancel some; GET /v1/jobs/queue says where they stand.',
      ids: { whose, unfinished, limit: quota.unfinished },
      retryAfterMs: 30_000,
    });
  const cap = quota.spendMicrosPerMonth;
  if (wantedMicros === 0 || reservedMicros + spentMicros + wantedMicros <= cap) return null;
  return new CellbookError('spend_cap_reached', {
    doing,
    problem: `it would reserve ${unit(wantedMicros)}, and of ${unit(cap)} for ${monthOf(nowMs)} ${who} spent ${unit(spentMicros)} and reserved ${unit(reservedMicros)}`,
    next: 'Ask for fewer GPUs or less time (wallSeconds), wait until running jobs give back what they do not use, or ask your operator for a higher cap.',
    ids: { whose, reservedMicros, spentMicros, capMicros: cap, wantedMicros },
  });
}

const unit = (micros: number): string => (micros / 1_000_000).toFixed(2);

const reused = ({ idempotencyKey }: Candidate): CellbookError =>
  new CellbookError('idempotency_key_reused', {
    doing: 'admitting a job',
    problem: 'this Idempotency-Key was used before with another body',
    next: 'Use a new key for a new request.',
    ids: { idempotencyKey: idempotencyKey ?? '' },
  });
