/**
 * Which hosts fail what would succeed elsewhere. A failure is ambiguous when it happens: it counts against its host
 * at once (a host that fails each job within a second attracts all of them), and is taken back when the job fails on
 * another host too; a host that is quarantined for such jobs is let go by that. Faults of the host itself and lost
 * attempts need no such proof. What a limited class, or a version that is being rolled out, explains is not counted.
 *
 *   up ──evidence──▶ quarantined ──after 10 min, doubling──▶ probation (up, one job at a time) ──3 good ends──▶ up
 *                        ▲                                        │
 *                        └────────────── one failure ─────────────┘
 *   quarantined ──what spoke against it fails elsewhere too──▶ as before it
 *
 * Never more than a fifth of the hosts, or one: when all seem bad it is something else.
 */
import type { HostId, JobId, UserId } from '@cellbook/shared/ids.ts';
import type { HostPhase } from '../model/host.ts';
import {
  type BaseRate,
  countOwn,
  countRate,
  gain,
  newBaseRate,
  newOwnPart,
  normalRateBeside,
  normalRateOf,
  type OwnPart,
  observe,
  type Suspicion,
} from './likelihood.ts';

export interface SuspectHost extends Suspicion {
  /** How often it was quarantined; forgotten after a long good time. */
  times: number;
  quarantinedMs: number | null;
  /** Good ends still wanted of it; 0: it is trusted. */
  probation: number;
  /** Enough of what it is quarantined for was taken back. Absent in what was written before there was this. */
  isCleared?: boolean;
  /** When it last lost what it ran: all of it together is one misfortune. */
  lostMs: number | null;
  /** What its last failures added, by job: to be taken back. */
  added: { jobId: JobId; log: number }[];
  /** Its part in what is usual. Absent while there is none, and in what was written before it was told apart. */
  own?: OwnPart;
}

export interface HostEvidence {
  base: BaseRate;
  hosts: Record<string, SuspectHost>;
  hostCount: number;
  /** By evidence; what an operator has quarantined is not ours to bring back. */
  quarantined: HostId[];
  due: HostId[];
  /** By operators: theirs to release. Absent: none ever was. */
  held?: Record<string, Hold>;
}

export interface Hold {
  because: string;
  operator: UserId;
  atMs: number;
}

export const hostRules = {
  normalFactor: 3,
  normalLeast: 0.04,
  /** Ends elsewhere, of the last few thousand, that a host is compared with; where there are fewer, with all. */
  othersMin: 20,
  /** With so many hosts, observations of its own until one of them is quarantined by chance: as many times 100. */
  quiet: 100,
  quarantinedShareMax: 0.2,
  quarantineMs: 10 * 60_000,
  quarantineMsMax: 24 * 3_600_000,
  probationJobs: 3,
  /** Good ends after which one earlier quarantine is forgotten. */
  forgivenAfter: 200,
  addedMax: 20,
  lostTogetherMs: 60_000,
};

export function newHostEvidence(): HostEvidence {
  return { base: newBaseRate(), hosts: {}, hostCount: 0, quarantined: [], due: [] };
}

export interface HostObservation {
  hostId: HostId;
  jobId: JobId;
  result: 'succeeded' | 'failed' | 'own fault' | 'lost';
  atMs: number;
  /** Hosts on which this job failed before. */
  failedOn: readonly HostId[];
  /** A limited class or a candidate version has failed it: nothing against the host. */
  isExplained: boolean;
}

export function observeHost(s: HostEvidence, seen: HostObservation): void {
  const host = hostOf(s, seen.hostId);
  const normalRate = normalRateFor(s, host);
  if (seen.result === 'succeeded') {
    succeeded(s, host, normalRate);
    return;
  }
  const isElsewhereToo = seen.failedOn.some((other) => other !== seen.hostId);
  if (isElsewhereToo && seen.result === 'failed') {
    // It fails wherever it runs: whoever was blamed for it is cleared.
    for (const other of seen.failedOn) takeBack(s, other, seen.jobId);
    return;
  }
  if (seen.isExplained && seen.result === 'failed') return;
  if (seen.result === 'lost') {
    const isSame = host.lostMs !== null && seen.atMs - host.lostMs < hostRules.lostTogetherMs;
    host.lostMs = seen.atMs;
    if (isSame) return;
  }
  if (host.probation > 0) noteDue(s, seen.hostId);
  countUsual(s, host, true);
  blame(s, seen.hostId, seen.jobId, normalRate);
}

/** Of all but this host: one that fails always, where there are few others, would make failing usual. */
function normalRateFor({ base }: HostEvidence, { own }: SuspectHost): number {
  const { normalFactor: factor, normalLeast: least, othersMin } = hostRules;
  if (!own) return normalRateOf(base, factor, least);
  return normalRateBeside(base, own, { factor, least, othersMin, lately: 'left out' });
}

function countUsual(s: HostEvidence, host: SuspectHost, isBad: boolean): void {
  countRate(s.base, isBad);
  host.own ??= newOwnPart(s.base);
  countOwn(host.own, s.base, isBad);
}

function succeeded(s: HostEvidence, host: SuspectHost, normalRate: number): void {
  countUsual(s, host, false);
  observe(host, false, normalRate);
  if (host.ok % hostRules.forgivenAfter === 0) host.times = Math.max(0, host.times - 1);
  if (host.probation > 0) host.probation--;
}

function blame(s: HostEvidence, hostId: HostId, jobId: JobId, normalRate: number): void {
  const host = hostOf(s, hostId);
  host.added.push({ jobId, log: gain(true, normalRate) });
  if (host.added.length > hostRules.addedMax) host.added.shift();
  observe(host, true, normalRate);
  if (host.quarantinedMs === null && host.log >= thresholdOf(s)) noteDue(s, hostId);
}

function takeBack(s: HostEvidence, hostId: HostId, jobId: JobId): void {
  const host = hostOf(s, hostId);
  for (const one of host.added) if (one.jobId === jobId) host.log = Math.max(0, host.log - one.log);
  host.added = host.added.filter((one) => one.jobId !== jobId);
  if (host.quarantinedMs !== null) host.isCleared = host.log < thresholdOf(s) / 2;
}

function hostOf(s: HostEvidence, hostId: HostId): SuspectHost {
  const known = s.hosts[hostId];
  if (known) return known;
  const host: SuspectHost = {
    log: 0,
    bad: 0,
    ok: 0,
    times: 0,
    quarantinedMs: null,
    probation: 0,
    lostMs: null,
    added: [],
  };
  s.hosts[hostId] = host;
  s.hostCount++;
  return host;
}

function noteDue(s: HostEvidence, hostId: HostId): void {
  if (!s.due.includes(hostId)) s.due.push(hostId);
}

export interface HostDecision {
  kind: 'host';
  hostId: HostId;
  phase: Extract<HostPhase, 'quarantined' | 'up'>;
  because: string;
}

/** `hostsUp`: that could run something, those quarantined included. */
export function decideHosts(s: HostEvidence, hostsUp: number, nowMs: number): HostDecision[] {
  const room = Math.max(1, Math.floor(hostRules.quarantinedShareMax * hostsUp)) - s.quarantined.length;
  const bad = s.due.filter((hostId) => isBad(s, hostId) && !isHeld(s, hostId)).slice(0, Math.max(0, room));
  const rested = s.quarantined.filter((hostId) => {
    const { quarantinedMs, times, isCleared } = s.hosts[hostId]!;
    return isCleared || nowMs >= (quarantinedMs ?? nowMs) + quarantineMsOf(times);
  });
  return [
    ...bad.map(
      (hostId) => ({ kind: 'host', hostId, phase: 'quarantined', because: explain(s, hostId) }) as const,
    ),
    ...rested.map(
      (hostId) => ({ kind: 'host', hostId, phase: 'up', because: whyBack(s.hosts[hostId]!) }) as const,
    ),
  ];
}

const whyBack = ({ isCleared }: SuspectHost): string =>
  isCleared ? 'what spoke against it has failed elsewhere too' : 'on probation: one job at a time';

export function foldHostPhase(s: HostEvidence, hostId: HostId, phase: HostPhase, atMs: number): void {
  const wasDue = s.due.includes(hostId);
  const host = s.hosts[hostId];
  if (phase === 'gone' && s.held) delete s.held[hostId];
  if (!host || phase === 'draining') return;
  s.due = s.due.filter((other) => other !== hostId);
  if (phase === 'quarantined') {
    if (!wasDue) return;
    s.quarantined.push(hostId);
    Object.assign(host, { quarantinedMs: atMs, times: host.times + 1, probation: 0, isCleared: false });
    return;
  }
  const isBack = s.quarantined.includes(hostId);
  s.quarantined = s.quarantined.filter((other) => other !== hostId);
  if (phase === 'gone') {
    delete s.hosts[hostId];
    s.hostCount--;
  } else if (isBack) {
    // One that fell silent meanwhile is on probation when it comes back.
    Object.assign(host, phase === 'up' && host.isCleared ? asBefore(host) : onProbation());
  }
}

/** What an operator quarantines is not brought back by its time; what he releases is on probation. */
export function foldOperatorsWord(
  s: HostEvidence,
  { hostId, phase, because, operator, atMs }: Hold & { hostId: HostId; phase: HostPhase },
): void {
  if (phase !== 'quarantined' && phase !== 'up') {
    foldHostPhase(s, hostId, phase, atMs);
    return;
  }
  s.due = s.due.filter((other) => other !== hostId);
  s.quarantined = s.quarantined.filter((other) => other !== hostId);
  s.held ??= {};
  if (phase === 'quarantined') {
    s.held[hostId] = { because, operator, atMs };
    if (s.hosts[hostId]) s.hosts[hostId].quarantinedMs = null;
    return;
  }
  delete s.held[hostId];
  Object.assign(hostOf(s, hostId), onProbation());
}

export function isHeld(s: HostEvidence, hostId: HostId): boolean {
  return s.held?.[hostId] !== undefined;
}

const onProbation = () => ({
  ...{ quarantinedMs: null, probation: hostRules.probationJobs, isCleared: false },
  ...{ log: 0, bad: 0, ok: 0, added: [] },
});

/** Of one that was quarantined for nothing of its own. Whoever had been before that was perhaps on probation. */
const asBefore = ({ times }: SuspectHost) => ({
  ...{ quarantinedMs: null, times: times - 1, isCleared: false },
  probation: times > 1 ? hostRules.probationJobs : 0,
});

/** A host on probation is given one job at a time, and none that has failed already. */
export function hostMayTake(
  s: HostEvidence,
  hostId: HostId,
  { failures, runningThere }: { failures: number; runningThere: number },
): boolean {
  const probation = s.hosts[hostId]?.probation ?? 0;
  return probation === 0 || (failures === 0 && runningThere === 0);
}

function isBad(s: HostEvidence, hostId: HostId): boolean {
  const host = s.hosts[hostId];
  return host !== undefined && (host.probation > 0 || host.log >= thresholdOf(s));
}

function thresholdOf(s: HostEvidence): number {
  return Math.log(Math.max(2, s.hostCount) * hostRules.quiet);
}

function explain(s: HostEvidence, hostId: HostId): string {
  const { bad, ok, probation } = s.hosts[hostId]!;
  if (probation > 0) return 'it failed on probation';
  return `${bad} of its ${bad + ok} attempts failed, of all ${s.base.bad} of ${s.base.all}`;
}

export interface HostJudgement {
  failed: number;
  succeeded: number;
  /** From 1 on it is quarantined. */
  suspicion: number;
  times: number;
  quarantinedMs: number | null;
  untilMs: number | null;
  probation: number;
  jobIds: JobId[];
}

/** What is known against a host, for people; null: nothing. */
export function judgementOf(s: HostEvidence, hostId: HostId): HostJudgement | null {
  const host = s.hosts[hostId];
  if (!host) return null;
  const { bad, ok, log, times, quarantinedMs, probation, added } = host;
  return {
    ...{ failed: bad, succeeded: ok, times, quarantinedMs, probation },
    suspicion: log / thresholdOf(s),
    untilMs: quarantinedMs === null ? null : quarantinedMs + quarantineMsOf(times),
    jobIds: [...new Set(added.map(({ jobId }) => jobId))],
  };
}

function quarantineMsOf(times: number): number {
  return Math.min(hostRules.quarantineMs * 2 ** Math.min(times - 1, 20), hostRules.quarantineMsMax);
}
