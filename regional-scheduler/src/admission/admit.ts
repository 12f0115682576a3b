/**
 * The way of a submission to an answer that holds. In this order, so that what is turned away costs little: shed before
 * the request is read (shed-now.ts; nothing is asked of any store), rates (one question to Redis), what the request itself forbids,
 * then the store, which decides about keys, identical requests, quotas and spend in the transaction that stores it.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { newJobId, type RegionId } from '@cellbook/shared/ids.ts';
import type { Durability, SubmitJob } from '@cellbook/shared/protocol/job-request.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { JobQuotas } from '@cellbook/shared/protocol/quota.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { toCellError } from '@cellbook/shared/store-outage.ts';
import type { Asker, Candidate } from './asked.ts';
import { candidateOf, type Predict } from './candidate-of.ts';
import type { Verdict } from './decide-admission.ts';
import type { GroupCommit } from './group-commit.ts';
import type { Lateness } from './lateness.ts';
import { type Rates, rulesOf } from './rates.ts';
import type { Pressure } from './shed.ts';
import type { Taken } from './token-bucket.ts';

export interface AdmitDeps {
  regionId: RegionId;
  clock: Clock;
  random: Random;
  rates: Rates;
  commit: Pick<GroupCommit, 'ask'>;
  predict: Predict;
  pressure(): Pressure | null;
  /** Measured around the store's commit. */
  lateness: Lateness;
  /** When a job is acknowledged that says nothing of it. */
  usualDurability(tier: Tier): Durability;
  /** Why requests that look like it are refused at present; null: they are not. */
  refusedClass(candidate: Candidate): string | null;
  /** Something was stored for the leader to take in. */
  wake(): void;
  counted(outcome: 'stored' | 'known' | CellbookError['code'], asker: Pick<Asker, 'tier'>): void;
}

export interface Entry {
  /** What is wrong with it already, found by whoever parsed it. */
  job: SubmitJob | CellbookError;
  idempotencyKey: string;
}

export async function admit(
  deps: AdmitDeps,
  asker: Asker,
  quotas: JobQuotas,
  entries: readonly Entry[],
): Promise<Verdict[]> {
  // What does not fit costs its reading like the rest.
  const taken = await deps.rates.take(rulesOf(asker.tier, asker.orgId, asker.userId), entries.length);
  let left = taken.granted;
  const verdicts = await Promise.all(
    entries.map(async ({ job, idempotencyKey }): Promise<Verdict> => {
      const isGranted = left-- > 0;
      if (job instanceof CellbookError) return refuse(job);
      if (!isGranted) return refuse(tooFast(taken));
      try {
        const candidate = judged(deps, { asker, job, idempotencyKey }, quotas);
        return await deps.commit.ask({ candidate, quotas, inBatch: entries.length > 1 });
      } catch (thrown) {
        return refuse(toCellError(thrown, 'admitting a job'));
      }
    }),
  );
  if (verdicts.some(({ kind }) => kind === 'stored')) deps.wake();
  return answered(deps, asker, verdicts);
}

function judged(
  { random, regionId, clock, predict, usualDurability, refusedClass }: AdmitDeps,
  asked: { asker: Asker; job: SubmitJob; idempotencyKey: string },
  quotas: JobQuotas,
): Candidate {
  const jobId = newJobId(random);
  const durability = usualDurability(asked.asker.tier);
  const candidate = candidateOf(asked, {
    ...{ jobId, regionId, nowMs: clock.nowMs(), predict, quotas, durability },
  });
  const because = refusedClass(candidate);
  if (because === null) return candidate;
  throw new CellbookError('job_refused', {
    doing: 'admitting a job',
    problem: `requests like this one are refused at present: ${because}`,
    next: 'Change what is named there, or ask your operator to allow it again.',
  });
}

function answered(deps: AdmitDeps, asker: Asker, verdicts: Verdict[]): Verdict[] {
  for (const verdict of verdicts)
    deps.counted(verdict.kind === 'refused' ? verdict.error.code : verdict.kind, asker);
  return verdicts;
}

const refuse = (error: CellbookError): Extract<Verdict, { kind: 'refused' }> => ({ kind: 'refused', error });

const tooFast = ({ short, waitMs }: Taken): CellbookError =>
  new CellbookError('rate_limited', {
    doing: 'admitting a job',
    problem: `jobs come faster than the limit of ${whose(short)} allows`,
    next: 'Nothing was stored of it. Send it again after the time in Retry-After, with the same Idempotency-Key.',
    ids: { limit: short?.split('/')[0] ?? 'user' },
    retryAfterMs: waitMs,
  });

const whose = (short: string | null): string => {
  if (short?.startsWith('tier/')) return 'your tier';
  return short?.startsWith('organisation/') ? 'your organisation' : 'a user';
};
