/**
 * How long an attempt is watched. Long overdue is evidence (classes.ts) long before anybody stops it; a suspect is
 * stopped at its predicted 99th percentile, everybody else after half an hour.
 */
import type { OrgId } from '@cellbook/shared/ids.ts';
import type { JobSpec } from '../model/job.ts';
import { hangsOf, keysOf } from './class-keys.ts';
import type { ClassEvidence } from './classes.ts';
import { isAnothersAlone, isOrganisation, withOrganisation } from './organisation.ts';

export const watchRules = {
  hangMs: 30 * 60_000,
  /** One in some hundred healthy ones is overdue. */
  overdueFactor: 1.5,
  overdueMsMin: 60_000,
  suspectMsMin: 60_000,
  /** Where nobody knows how long it takes, a suspect has this long. */
  unknownMs: 10 * 60_000,
  /** Evidence of ten to one. */
  suspectLog: Math.log(10),
};

type Predicted = JobSpec['predicted'];

export function overdueAtMs(predicted: Predicted, startedMs: number): number {
  const { overdueFactor, overdueMsMin, unknownMs } = watchRules;
  if (predicted.seen === 0) return startedMs + unknownMs;
  return startedMs + Math.max(overdueMsMin, overdueFactor * predicted.p95Ms);
}

/** How long an attempt may run before it is stopped as hung. */
export function watchMs(
  s: ClassEvidence,
  job: { features: readonly string[]; orgId?: OrgId; predicted: Predicted },
): number {
  const { orgId } = job;
  const features = orgId ? withOrganisation(job.features, orgId) : job.features;
  const isSuspected = (key: string) =>
    (s.tracked[key]?.log ?? 0) >= watchRules.suspectLog &&
    !isAnothersAlone(hangsOf(s, key), features.find(isOrganisation));
  const isSuspect = keysOf(s, features).some((key) => s.limits[key] || isSuspected(key));
  if (!isSuspect) return Math.max(watchRules.hangMs, 2 * job.predicted.p95Ms);
  if (job.predicted.seen === 0) return watchRules.unknownMs;
  return Math.max(watchRules.suspectMsMin, p99Ms(job.predicted));
}

/** As of a lognormal through the two that are known. */
export function p99Ms({ p50Ms, p95Ms }: Predicted): number {
  const spread = Math.log(Math.max(p95Ms, p50Ms) / p50Ms) / 1.645;
  return p50Ms * Math.exp(2.326 * spread);
}
