/**
 * Keeping failures from spreading: prompt classes (classes.ts), hosts (hosts.ts) and versions (rollout.ts), each
 * apart, so that one is not blamed for another's. The order of blame: what a limited class explains is held against
 * neither host nor version; what a candidate version does is not held against the host; the rest is the host's until
 * the job has failed elsewhere. The state is folded from events; what is decided here are events again.
 */
import type { AttemptId, HostId, JobId, OrgId, UserId } from '@cellbook/shared/ids.ts';
import type { HostPhase } from '../model/host.ts';
import type { AttemptOutcome, FailureClass } from '../model/job.ts';
import { limitsOn, type MayRun, mayRun as mayRunClass, type RunningAttempt, whyOf } from './class-gate.ts';
import {
  decideLimits,
  foldClassLeft,
  foldClassPlaced,
  foldLimited,
  foldNewVersion,
  type LimitDecision,
} from './class-limits.ts';
import { type ClassEvidence, type LimitLevel, newClassEvidence, observeClass } from './classes.ts';
import {
  decideHosts,
  foldHostPhase,
  foldOperatorsWord,
  type HostDecision,
  type HostEvidence,
  hostMayTake as hostEvidenceAllows,
  newHostEvidence,
  observeHost,
} from './hosts.ts';
import { withOrganisation } from './organisation.ts';
import { type FailedAttempt, retryRules } from './retry.ts';
import {
  decideRollouts,
  foldStaged,
  foldVersionEnd,
  type Rollouts,
  type VersionDecision,
  versionOf as versionAssigned,
} from './rollout.ts';

export interface ContainState {
  classes: ClassEvidence;
  hosts: HostEvidence;
  rollouts: Rollouts;
}

export function newContainState(): ContainState {
  return { classes: newClassEvidence(), hosts: newHostEvidence(), rollouts: {} };
}

export interface AttemptEnd {
  atMs: number;
  attemptId: AttemptId;
  jobId: JobId;
  hostId: HostId;
  binary: string;
  version: string;
  gpus: number;
  features: readonly string[];
  outcome: AttemptOutcome;
  ranMs: number;
  predictedP50Ms: number;
  /** It was counted when it became overdue. */
  overdue: boolean;
  memoryMibMax?: number;
  /** Of this job, before this one. */
  failures: readonly FailedAttempt[];
}

export function foldPlaced(
  s: ContainState,
  attempt: RunningAttempt & { hostId: HostId; atMs: number },
): void {
  foldClassPlaced(s.classes, attempt, attempt.atMs);
}

export function foldOverdue(
  s: ContainState,
  { features, atMs }: { features: readonly string[]; atMs: number },
): void {
  observeClass(s.classes, features, true, atMs);
}

const hangs: readonly FailureClass[] = ['hung', 'no_progress', 'wall_clock'];

export function foldAttemptEnded(s: ContainState, end: AttemptEnd): void {
  const { outcome, features, atMs } = end;
  const failure = outcome.kind === 'failed' ? outcome.class : null;
  // Its customer's own budget was over: of that nothing follows unless it ran far longer than was predicted, too.
  const isOwnBudget = failure === 'wall_clock' && !end.overdue;
  const isHang = failure !== null && hangs.includes(failure) && !isOwnBudget;
  const isOwnFault = failure !== null && retryRules[failure].charged === 'host';
  const isExplained = isHang && limitsOn(s.classes, features).length > 0;
  foldClassLeft(s.classes, end);
  const isResult = outcome.kind === 'succeeded' || (isHang && !end.overdue);
  if (isResult) observeClass(s.classes, features, isHang, atMs);
  // What a host refuses to begin (a version it lacks) says nothing of host or version.
  if ((outcome.kind !== 'succeeded' && failure === null) || failure === 'refused') return;
  const isCandidate = s.rollouts[end.binary]?.candidate === end.version;
  foldVersionEnd(s.rollouts, {
    ...end,
    result: isOwnFault || isExplained ? null : failure ? 'failed' : 'succeeded',
    memoryMibMax: end.memoryMibMax ?? 0,
  });
  if (isOwnBudget) return;
  observeHost(s.hosts, {
    hostId: end.hostId,
    jobId: end.jobId,
    atMs,
    result: failure === 'lost' ? 'lost' : isOwnFault ? 'own fault' : failure ? 'failed' : 'succeeded',
    failedOn: end.failures.map((one) => one.hostId),
    isExplained: isExplained || isCandidate,
  });
}

export function foldClassLimited(
  s: ContainState,
  event: { feature: string; limit: LimitLevel | 'free'; because: string; atMs: number },
  running: Iterable<RunningAttempt>,
): void {
  foldLimited(s.classes, event, running);
}

export function foldHostChanged(s: ContainState, change: HostChange): void {
  if (change.operator === undefined) foldHostPhase(s.hosts, change.hostId, change.phase, change.atMs);
  else foldOperatorsWord(s.hosts, { ...change, operator: change.operator });
}

export interface HostChange {
  hostId: HostId;
  phase: HostPhase;
  because: string;
  atMs: number;
  /** Who wished it. */
  operator?: UserId | undefined;
}

export function foldVersionStaged(
  s: ContainState,
  event: { binary: string; version: string; permille: number; atMs: number },
): void {
  const isNew = s.rollouts[event.binary]?.stable !== event.version && event.permille > 0;
  foldStaged(s.rollouts, event);
  if (isNew) foldNewVersion(s.classes, event.atMs);
}

export type ContainDecision = LimitDecision | HostDecision | VersionDecision;

/** Once in each round of decisions; nothing due costs nothing. `hosts`: that are up or quarantined. */
export function decideContain(s: ContainState, nowMs: number, fleet: { hosts: number }): ContainDecision[] {
  return [
    ...decideLimits(s.classes, nowMs),
    ...decideHosts(s.hosts, fleet.hosts, nowMs),
    ...decideRollouts(s.rollouts, nowMs),
  ];
}

/** `orgId`: absent where `features` has it. */
export function mayRun(
  s: ContainState,
  { features, gpus, orgId }: RunningAttempt & { orgId?: OrgId },
  gpusInRegion: number,
  nowMs: number,
): MayRun {
  const isAnyLimited = s.classes.limitCount > 0;
  const own = orgId && isAnyLimited ? withOrganisation(features, orgId) : features;
  return mayRunClass(s.classes, { features: own, gpus }, gpusInRegion, nowMs);
}

/** What its class is and how far it is limited, though it might run at this moment; null: it is not. */
export function whyLimited(
  s: ContainState,
  { features, orgId }: { features: readonly string[]; orgId: OrgId },
): string | null {
  const [limit] = limitsOn(s.classes, withOrganisation(features, orgId));
  return limit ? whyOf(limit) : null;
}

export function hostMayTake(
  s: ContainState,
  hostId: HostId,
  job: { failures: number; runningThere: number },
): boolean {
  return hostEvidenceAllows(s.hosts, hostId, job);
}

/** With which version a job is placed; null: nobody has announced its binary. */
export function versionOf(
  s: ContainState,
  binary: string,
  jobId: JobId,
  failures: readonly FailedAttempt[],
): string | null {
  return versionAssigned(
    s.rollouts,
    binary,
    jobId,
    failures.map((one) => one.version),
  );
}
