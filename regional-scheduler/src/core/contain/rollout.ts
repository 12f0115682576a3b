/**
 * A new version of a binary goes to 1, 10, 50 and 100 % of its jobs, each step when its health allows it. Which jobs:
 * by a hash of job and version, so that every instance and every replay agrees and a job keeps its version; one that
 * failed on the candidate goes on with the stable one. Health is two sequential tests against the stable version
 * (Wald 1945), both at 1 % of error either way: it fails more often (by a margin that narrows as more jobs are at
 * stake: what 1 % may risk in half an hour, 100 % may not), or it runs longer than predicted of the stable one by more than `slowerMax`. Either one found bad rolls back at once;
 * the next step needs both found good, `attemptsMin` ends and `stageMs`.
 *
 *   announced ─▶ 1 % ─▶ 10 % ─▶ 50 % ─▶ 100 % (stable from then on)
 *                  └──────┴───────┴─▶ 0 %: withdrawn, and never tried again under that name
 */
import type { JobId } from '@cellbook/shared/ids.ts';

export interface VersionHealth {
  ended: number;
  failed: number;
  /** Of what it ran over what was predicted, in logarithms: how many, their sum, their squares. */
  ratios: number;
  ratioSum: number;
  ratioSquares: number;
  /** The most GPU memory any job of it held. */
  memoryMibMax: number;
}

export interface Rollout {
  stable: string;
  candidate: string | null;
  permille: number;
  stagedMs: number;
  /** The tests, since the step began. */
  failLog: number;
  slowLog: number;
  endedInStage: number;
  health: Record<string, VersionHealth>;
  withdrawn: string[];
}

export type Rollouts = Record<string, Rollout>;

export const rolloutRules = {
  steps: [10, 100, 500, 1000],
  stageMs: 10 * 60_000,
  attemptsMin: 20,
  /** By permille; or half as much again as the stable one where that is more. */
  failMargin: { 10: 0.1, 100: 0.05, 500: 0.03 } as Record<number, number>,
  failMarginUsual: 0.05,
  slowerMax: 1.5,
  /** Wald's thresholds at 1 %: ln(0.99 / 0.01). */
  log: Math.log(99),
  /** The spread of run over predicted where too few are known. */
  usualSpread: 0.5,
  /** Each test counts so much at once at the most: one outlier decides nothing. */
  outlier: 2,
  withdrawnMax: 50,
  versionsMax: 10,
  /** What is tried again after a roll-back comes back at this rate at the most, a second. */
  requeuePerSecond: 20,
  requeueMsMin: 30_000,
};

export interface VersionEnd {
  binary: string;
  version: string;
  /** Null: it says nothing of the version (preempted, cancelled, the host's fault, explained by its class). */
  result: 'succeeded' | 'failed' | null;
  ranMs: number;
  predictedP50Ms: number;
  memoryMibMax: number;
}

export function versionOf(
  rollouts: Rollouts,
  binary: string,
  jobId: JobId,
  failedOn: readonly string[],
): string | null {
  const rollout = rollouts[binary];
  if (!rollout) return null;
  const { candidate, permille, stable } = rollout;
  if (!candidate || failedOn.includes(candidate)) return stable;
  return permilleOf(`${jobId} ${candidate}`) < permille ? candidate : stable;
}

/** FNV-1a, mixed once more: the same on every machine. */
export function permilleOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) >>> 0) % 1000;
}

export function foldVersionEnd(rollouts: Rollouts, end: VersionEnd): void {
  const rollout = rollouts[end.binary];
  if (!rollout) return;
  const health = healthOf(rollout, end.version);
  health.memoryMibMax = Math.max(health.memoryMibMax, end.memoryMibMax);
  if (end.result === null) return;
  const isFailed = end.result === 'failed';
  const isCandidate = end.version === rollout.candidate;
  if (isCandidate) {
    rollout.endedInStage++;
    rollout.failLog += failStep(rollout, isFailed);
  }
  health.ended++;
  if (isFailed) health.failed++;
  if (isFailed || end.predictedP50Ms <= 0 || end.ranMs <= 0) return;
  const ratio = Math.log(end.ranMs / end.predictedP50Ms);
  if (isCandidate) rollout.slowLog += slowStep(rollout, ratio);
  health.ratios++;
  health.ratioSum += ratio;
  health.ratioSquares += ratio ** 2;
}

function healthOf(rollout: Rollout, version: string): VersionHealth {
  const known = rollout.health[version];
  if (known) return known;
  const health = { ended: 0, failed: 0, ratios: 0, ratioSum: 0, ratioSquares: 0, memoryMibMax: 0 };
  rollout.health[version] = health;
  return health;
}

/** Bernoulli: the stable version's rate against that and the margin. Two ends more and one failure are assumed. */
function failStep(rollout: Rollout, isFailed: boolean): number {
  const { ended, failed } = healthOf(rollout, rollout.stable);
  const usual = Math.min(0.5, (failed + 0.5) / (ended + 20));
  const margin = rolloutRules.failMargin[rollout.permille] ?? rolloutRules.failMarginUsual;
  const worse = Math.min(0.9, Math.max(usual + margin, 1.5 * usual));
  return isFailed ? Math.log(worse / usual) : Math.log((1 - worse) / (1 - usual));
}

/** Normal in logarithms: no slower on average than the stable one against slower by `slowerMax`. */
function slowStep(rollout: Rollout, ratio: number): number {
  const { ratios, ratioSum, ratioSquares } = healthOf(rollout, rollout.stable);
  const mean = ratios > 0 ? ratioSum / ratios : 0;
  const variance = ratios >= 20 ? ratioSquares / ratios - mean ** 2 : rolloutRules.usualSpread ** 2;
  const slower = Math.log(rolloutRules.slowerMax);
  const step = (slower / Math.max(variance, 0.01)) * (ratio - mean - slower / 2);
  return Math.max(-rolloutRules.outlier, Math.min(rolloutRules.outlier, step));
}

export interface VersionDecision {
  kind: 'version_staged';
  binary: string;
  version: string;
  permille: number;
  because: string;
}

export function decideRollouts(rollouts: Rollouts, nowMs: number): VersionDecision[] {
  return Object.entries(rollouts).flatMap(([binary, rollout]) => decideRollout(binary, rollout, nowMs) ?? []);
}

function decideRollout(binary: string, rollout: Rollout, nowMs: number): VersionDecision | null {
  const { candidate: version, permille, failLog, slowLog, endedInStage, stagedMs } = rollout;
  if (!version) return null;
  const { log, attemptsMin, stageMs, steps } = rolloutRules;
  const { ended, failed } = healthOf(rollout, version);
  const decide = (to: number, because: string) =>
    ({ kind: 'version_staged', binary, version, permille: to, because }) as const;
  if (failLog >= log)
    return decide(0, `${failed} of its ${ended} attempts failed, more than of ${rollout.stable}`);
  if (slowLog >= log)
    return decide(0, `it runs over ${rolloutRules.slowerMax} times as long as ${rollout.stable}`);
  if (failLog > -log || slowLog > -log || endedInStage < attemptsMin || nowMs - stagedMs < stageMs)
    return null;
  const next = steps.find((step) => step > permille) ?? 1000;
  return decide(
    next,
    `${endedInStage} attempts at ${permille / 10} % are no worse than of ${rollout.stable}`,
  );
}

/** Also by an operator: at any permille, a withdrawn version too. The first version of a binary is stable at once. */
export function foldStaged(
  rollouts: Rollouts,
  { binary, version, permille, atMs }: { binary: string; version: string; permille: number; atMs: number },
): void {
  const rollout = rollouts[binary] ?? newRollout(version, atMs);
  rollouts[binary] = rollout;
  if (version === rollout.stable) return;
  Object.assign(rollout, { stagedMs: atMs, permille, failLog: 0, slowLog: 0, endedInStage: 0 });
  rollout.candidate = permille > 0 && permille < 1000 ? version : null;
  rollout.withdrawn = rollout.withdrawn.filter((other) => other !== version);
  if (permille === 0) rollout.withdrawn = [...rollout.withdrawn, version].slice(-rolloutRules.withdrawnMax);
  if (permille >= 1000) rollout.stable = version;
  healthOf(rollout, version);
  const old = Object.keys(rollout.health).filter((other) => other !== rollout.stable && other !== version);
  for (const other of old.slice(0, -rolloutRules.versionsMax)) delete rollout.health[other];
}

function newRollout(stable: string, atMs: number): Rollout {
  const tests = { failLog: 0, slowLog: 0, endedInStage: 0 };
  return { stable, candidate: null, permille: 1000, stagedMs: atMs, ...tests, health: {}, withdrawn: [] };
}

/** A version that agents report and nobody has announced: rolled out from 1 %, unless it was withdrawn. */
export function announced(rollouts: Rollouts, binary: string, version: string): VersionDecision | null {
  const rollout = rollouts[binary];
  if (!rollout)
    return {
      kind: 'version_staged',
      binary,
      version,
      permille: 1000,
      because: 'the first version of its binary',
    };
  if (rollout.candidate || rollout.health[version] || rollout.withdrawn.includes(version)) return null;
  if (version === rollout.stable) return null;
  return { kind: 'version_staged', binary, version, permille: 10, because: 'new: to 1 % of the jobs' };
}

/** Over how long to spread what is tried again when a version that `running` attempts run on was withdrawn. */
export function requeueSpreadMs(rollout: Rollout | undefined, version: string, running: number): number {
  if (!rollout?.withdrawn.includes(version)) return 0;
  return Math.max(rolloutRules.requeueMsMin, (1000 * running) / rolloutRules.requeuePerSecond);
}

/** What a job of this version needs of a GPU, learned; 0: nothing known of it yet, what was asked for counts. */
export function footprintMib(rollouts: Rollouts, binary: string, version: string): number {
  return Math.ceil(1.05 * (rollouts[binary]?.health[version]?.memoryMibMax ?? 0));
}
