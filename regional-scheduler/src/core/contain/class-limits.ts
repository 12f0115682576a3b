/** Which class is limited how far: what the evidence (classes.ts) asks for, and what the event for it changes. */

import { limitsOn, type RunningAttempt } from './class-gate.ts';
import { keysOf } from './class-keys.ts';
import { classRules } from './class-rules.ts';
import {
  type ClassEvidence,
  type ClassLimit,
  type LimitLevel,
  levelOf,
  nextLevel,
  othersOf,
} from './classes.ts';
import { ownerOf } from './organisation.ts';

export interface LimitDecision {
  kind: 'class_limited';
  feature: string;
  limit: LimitLevel | 'free';
  because: string;
}

/** What is due: at most one class becomes limited at a time, since its limit may explain the others. */
export function decideLimits(s: ClassEvidence, nowMs: number): LimitDecision[] {
  const changes = s.due.filter((key) => s.limits[key]).map((key) => changeOf(s, key));
  const best = s.due.filter((key) => !s.limits[key] && s.tracked[key]).sort(byEvidence(s))[0];
  if (best && s.limitCount < classRules.limitsMax)
    changes.push(decision(best, levelOf(s, best) ?? 'throttled', explain(s, best)));
  if (s.limitCount === 0) return changes;
  const unmet = Object.keys(s.limits).filter((key) => nowMs - s.limits[key]!.lastMs >= classRules.forgetMs);
  return [...changes, ...unmet.map((key) => decision(key, 'free', 'nobody has asked for it for a week'))];
}

function decision(feature: string, limit: LimitDecision['limit'], because: string): LimitDecision {
  return { kind: 'class_limited', feature, limit, because };
}

function changeOf(s: ClassEvidence, key: string): LimitDecision {
  const { okInRow, level } = s.limits[key]!;
  const next = nextLevel(s, key);
  const isBetter = okInRow >= classRules.okToLeave[level];
  const well = `the last ${okInRow} attempts with ${quoted(key)} ended well`;
  return decision(key, next, isBetter ? well : explain(s, key));
}

/** The most evidence first; of equals the one with fewer good ends, then a word before what many requests have. */
function byEvidence(s: ClassEvidence): (a: string, b: string) => number {
  const isWide = (key: string) => {
    const what = key.slice(ownerOf(key) ? key.indexOf(' & ') + 3 : 0);
    return /^(kind|binary|length|script):/.test(what) ? 2 : what.startsWith('word:') ? 0 : 1;
  };
  return (a, b) => {
    const [one, other] = [s.tracked[a]!, s.tracked[b]!];
    return other.log - one.log || one.ok - other.ok || isWide(a) - isWide(b) || (a < b ? -1 : 1);
  };
}

function explain(s: ClassEvidence, key: string): string {
  const tracked = s.tracked[key];
  if (!tracked) return `attempts with ${quoted(key)} hang`;
  const { bad, all } = othersOf(s, key);
  const seen = tracked.bad + tracked.ok;
  const others = all > 0 ? `${bad} of ${all} of the others in the same time` : 'nothing to compare with';
  return `of ${seen} attempts with ${quoted(key)}, ${tracked.bad} hung; ${others}`;
}

function quoted(key: string): string {
  const owner = ownerOf(key);
  return owner ? `“${key.slice(owner.length + 3)}” of this organisation` : `“${key}”`;
}

/** `running`: all that run now; looked at only when a class becomes limited. */
export function foldLimited(
  s: ClassEvidence,
  {
    feature,
    limit,
    because,
    atMs,
  }: { feature: string; limit: LimitLevel | 'free'; because: string; atMs: number },
  running: Iterable<RunningAttempt>,
): void {
  s.due = s.due.filter((key) => key !== feature);
  const before = s.limits[feature];
  if (limit === 'free') {
    if (!before) return;
    delete s.limits[feature];
    s.limitCount--;
    // It begins anew: what it did before is forgiven.
    const tracked = s.tracked[feature];
    if (tracked) Object.assign(tracked, { log: 0, bad: 0, ok: 0, fromBad: s.base.bad, fromAll: s.base.all });
    return;
  }
  if (before) {
    Object.assign(before, { level: limit, because, bad: 0, okInRow: 0, lastMs: atMs });
    if (limit === 'refused') before.probeAtMs = atMs + before.probeEveryMs;
    return;
  }
  s.limits[feature] = newLimit(limit, because, atMs);
  s.limitCount++;
  s.limits[feature].runningGpus = gpusOf(s, feature, running);
  takeBack(s, feature);
}

function newLimit(level: LimitLevel, because: string, atMs: number): ClassLimit {
  const { probeEveryMs } = classRules;
  const counts = { bad: 0, okInRow: 0, runningGpus: 0, isProbing: false };
  return {
    level,
    because,
    sinceMs: atMs,
    lastMs: atMs,
    probeAtMs: atMs + probeEveryMs,
    probeEveryMs,
    ...counts,
  };
}

function gpusOf(s: ClassEvidence, feature: string, running: Iterable<RunningAttempt>): number {
  let gpus = 0;
  for (const one of running) if (keysOf(s, one.features).includes(feature)) gpus += one.gpus;
  return gpus;
}

/** The hangs that it explains are no evidence against what they had besides. */
function takeBack(s: ClassEvidence, feature: string): void {
  const explained = s.recent.filter((one) => keysOf(s, one.features).includes(feature));
  s.recent = s.recent.filter((one) => !explained.includes(one));
  for (const { features, added } of explained)
    for (const key of keysOf(s, features)) {
      const tracked = s.tracked[key];
      if (tracked && !s.limits[key]) tracked.log = Math.max(0, tracked.log - added);
    }
  s.due = s.due.filter((key) => s.limits[key]);
}

/** A new version of a binary may have mended it: the next probe is at once. */
export function foldNewVersion(s: ClassEvidence, atMs: number): void {
  for (const limit of Object.values(s.limits)) {
    limit.probeAtMs = Math.min(limit.probeAtMs, atMs);
    limit.probeEveryMs = classRules.probeEveryMs;
  }
}

export function foldClassPlaced(s: ClassEvidence, { features, gpus }: RunningAttempt, atMs: number): void {
  for (const limit of limitsOn(s, features)) {
    limit.runningGpus += gpus;
    if (limit.level !== 'refused') continue;
    limit.isProbing = true;
    limit.probeAtMs = atMs + limit.probeEveryMs;
  }
}

export function foldClassLeft(s: ClassEvidence, { features, gpus }: RunningAttempt): void {
  for (const limit of limitsOn(s, features)) limit.runningGpus = Math.max(0, limit.runningGpus - gpus);
}
