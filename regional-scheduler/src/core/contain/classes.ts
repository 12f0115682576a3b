/**
 * Classes of requests that make the binary hang, found from features nobody listed (features.ts): each feature, and
 * each pair of suspicious ones, gathers evidence (likelihood.ts) that attempts which have it hang more often than
 * others do. A feature is looked at from the first hang that had it, which does not count itself, so memory grows
 * with hangs and not with vocabulary and the choice of what to look at biases nothing. Of several that reach the
 * threshold together the one with the most evidence is limited, and the hangs it explains are taken back from the
 * others: a companion word is not blamed for the culprit's. Where one organisation's hangs are all there is to it, only
 * its own jobs are limited (organisation.ts); where a second organisation's suffice as well, everybody's.
 *
 *   free ──▶ throttled ──▶ isolated ──▶ refused          more hangs
 *        ◀──           ◀──          ◀── probe after probe ends well; any hang goes back up
 *
 * throttled: a small share of the GPUs. isolated: `isolatedGpus`. refused: one probe at a time, at intervals that
 * double; what was queued is held for `holdMs`, then refused with the explanation. A new version of the binary is
 * probed at once. All from counts and times in events: the fold is deterministic.
 */
import { hangsOf, keysOf, pairKey } from './class-keys.ts';
import { classRules } from './class-rules.ts';
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
import { type Hang, isOrganisation, type OrgFeature, ownerOf, scopeOf } from './organisation.ts';

export type LimitLevel = 'throttled' | 'isolated' | 'refused';
const lower = { throttled: 'free', isolated: 'throttled', refused: 'isolated' } as const;

export interface ClassLimit {
  level: LimitLevel;
  /** Since when it has been limited at all. */
  sinceMs: number;
  /** Hangs and good ends since the level was reached. */
  bad: number;
  okInRow: number;
  runningGpus: number;
  probeAtMs: number;
  probeEveryMs: number;
  /** A probe of a refused class is under way: its hang doubles the interval, those of what ran before do not. */
  isProbing: boolean;
  lastMs: number;
  because: string;
}

interface Tracked extends Suspicion {
  /** What all attempts had come to when this began to be looked at: the others' rate is counted from there. */
  fromBad: number;
  fromAll: number;
  /** Its part in what is usual. Absent in what was written before it was told apart. */
  own?: OwnPart;
}

export interface ClassEvidence {
  base: BaseRate;
  tracked: Record<string, Tracked>;
  trackedCount: number;
  /** Which features are looked at together with which. */
  partners: Record<string, string[]>;
  limits: Record<string, ClassLimit>;
  limitCount: number;
  /** The last hangs that nothing limited explained, and what each added at the most. */
  recent: Hang[];
  /** What has reached another level and awaits its event. */
  due: string[];
}

export function newClassEvidence(): ClassEvidence {
  return {
    base: newBaseRate(),
    tracked: {},
    trackedCount: 0,
    partners: {},
    limits: {},
    limitCount: 0,
    recent: [],
    due: [],
  };
}

/** An attempt hung, was long overdue, or ended well. Other failures say nothing here. */
export function observeClass(
  s: ClassEvidence,
  features: readonly string[],
  isBad: boolean,
  atMs: number,
): void {
  const keys = keysOf(s, features);
  const limited = keys.filter((key) => s.limits[key]);
  const sharp = limited.filter((key) => isSharp(s, key));
  // Then it is explained: nobody else is to blame, and it is not what is usual.
  const isExplained = isBad && sharp.length > 0;
  if (!isExplained) countUsual(s, keys, isBad);
  for (const key of isExplained ? sharp : limited) observeLimited(s, key, isBad, atMs);
  if (isExplained) return;
  let added = 0;
  const guilty: string[] = [];
  for (const key of keys) {
    const tracked = s.tracked[key];
    if (!tracked || s.limits[key]) continue;
    const normalRate = normalRateFor(s, tracked);
    if (isBad) added = Math.max(added, gain(true, normalRate));
    observe(tracked, isBad, normalRate);
    // Innocent: looked at again from its next hang on.
    if (tracked.log === 0 && tracked.ok >= classRules.innocentAfter) forget(s, key);
    else if (isBad && levelOf(s, key) && isGuilty(s, key)) guilty.push(key);
  }
  if (!isBad) return;
  lookAt(s, features, added);
  for (const key of guilty) accuse(s, key);
}

/** Its evidence has reached a level: against whom? */
function accuse(s: ClassEvidence, key: string): void {
  // It may have been swept away.
  if (!s.tracked[key]) return;
  const isSharpKey = isSharp(s, key);
  const hangs = hangsOf(s, key);
  const suffices = (log: number) => levelAt(s, log, isSharpKey) !== null;
  const scope = ownerOf(key) ? 'all' : scopeOf(hangs, s.tracked[key].log, suffices);
  if (scope === null) return;
  if (scope === 'all' || isLimitedForOthers(s, key, scope)) noteDue(s, key);
  else narrow(s, key, scope, hangs);
}

/** A second organisation's hangs suffice by themselves. */
function isLimitedForOthers(s: ClassEvidence, key: string, owner: OrgFeature): boolean {
  return Object.keys(s.limits).some((one) => {
    const other = ownerOf(one);
    return other !== null && other !== owner && one === pairKey(other, key);
  });
}

/** Looks at what is the organisation's own of it, with the evidence that there is. */
function narrow(s: ClassEvidence, key: string, owner: OrgFeature, hangs: readonly Hang[]): void {
  const own = pairKey(owner, key);
  if (s.limits[own]) return;
  if (Object.keys(s.limits).filter((one) => ownerOf(one) === owner).length >= classRules.ownLimitsMax) return;
  pair(s, owner, key);
  const bad = hangs.filter(({ features }) => features.includes(owner)).length;
  const { log, fromBad, fromAll } = s.tracked[key]!;
  Object.assign(s.tracked[own]!, { log, bad, ok: 0, fromBad, fromAll });
  noteDue(s, own);
}

function countUsual(s: ClassEvidence, keys: readonly string[], isBad: boolean): void {
  countRate(s.base, isBad);
  for (const key of keys) {
    const own = s.tracked[key]?.own;
    if (own) countOwn(own, s.base, isBad);
  }
}

/** How often those without it hang, and some more. */
function normalRateFor({ base }: ClassEvidence, tracked: Tracked): number {
  const { normalFactor: factor, normalLeast: least, othersMin } = classRules;
  if (!tracked.own) return normalRateOf(base, factor, least);
  return normalRateBeside(base, tracked.own, { factor, least, othersMin, lately: 'counts' });
}

function observeLimited(s: ClassEvidence, key: string, isBad: boolean, atMs: number): void {
  const limit = s.limits[key]!;
  limit.lastMs = atMs;
  if (isBad) limit.bad++;
  limit.okInRow = isBad ? 0 : limit.okInRow + 1;
  const tracked = s.tracked[key];
  if (tracked) observe(tracked, isBad, normalRateFor(s, tracked));
  if (isBad && limit.isProbing)
    limit.probeEveryMs = Math.min(2 * limit.probeEveryMs, classRules.probeEveryMsMax);
  limit.isProbing = false;
  if (!isBad) Object.assign(limit, { probeEveryMs: classRules.probeEveryMs, probeAtMs: atMs });
  if (nextLevel(s, key) !== limit.level) noteDue(s, key);
}

/** Where a limited class ought to be. */
export function nextLevel(s: ClassEvidence, key: string): LimitLevel | 'free' {
  const { level, okInRow, bad } = s.limits[key]!;
  if (okInRow >= classRules.okToLeave[level]) return lower[level];
  if (level === 'throttled') return bad > 0 ? (levelOf(s, key) ?? level) : level;
  if (!isSharp(s, key)) return level;
  return bad >= classRules.isolatedBad ? 'refused' : level;
}

/**
 * By the evidence alone; null: not enough for anything. What often ends well too needs thrice the evidence and is
 * throttled at the most: there is time for the pair to be found that makes it hang, and the innocent part of a wide
 * feature still runs.
 */
export function levelOf(s: ClassEvidence, key: string): LimitLevel | null {
  return levelAt(s, s.tracked[key]?.log ?? 0, isSharp(s, key));
}

function levelAt(s: ClassEvidence, log: number, isSharpKey: boolean): LimitLevel | null {
  const { throttled, isolated, refused } = classRules.quiet;
  const has = (quiet: number) => log >= Math.log(s.trackedCount * quiet);
  if (!isSharpKey) return log >= 3 * Math.log(s.trackedCount * throttled) ? 'throttled' : null;
  if (has(refused)) return 'refused';
  return has(isolated) ? 'isolated' : has(throttled) ? 'throttled' : null;
}

/** Nearly all that have it hang. */
function isSharp(s: ClassEvidence, key: string): boolean {
  const tracked = s.tracked[key];
  return tracked !== undefined && tracked.bad >= classRules.sharpShare * (tracked.bad + tracked.ok);
}

/** Those without it, in the same time, hang far less: else it is no class, it is everybody. */
function isGuilty(s: ClassEvidence, key: string): boolean {
  const tracked = s.tracked[key];
  if (!tracked) return false;
  const { bad, all } = othersOf(s, key);
  const rate = tracked.bad / (tracked.bad + tracked.ok);
  return all >= classRules.othersMin && classRules.normalFactor * (bad / all) <= rate;
}

export function othersOf(s: ClassEvidence, key: string): { bad: number; all: number } {
  const { bad, ok, fromBad, fromAll } = s.tracked[key]!;
  return { bad: Math.max(0, s.base.bad - fromBad - bad), all: Math.max(0, s.base.all - fromAll - bad - ok) };
}

/** Begins to look at what this hang had. */
function lookAt(s: ClassEvidence, features: readonly string[], added: number): void {
  s.recent.push({ features, added });
  if (s.recent.length > classRules.recentMax) s.recent.shift();
  const suspicious = features
    .filter((feature) => (s.tracked[feature]?.log ?? 0) > 0 && !isOrganisation(feature))
    .sort((a, b) => s.tracked[b]!.log - s.tracked[a]!.log || (a < b ? -1 : 1))
    .slice(0, classRules.pairedMax);
  if (s.trackedCount >= classRules.trackedMax) sweep(s);
  for (const feature of features) if (!isOrganisation(feature)) track(s, feature);
  for (const [at, one] of suspicious.entries())
    for (const other of suspicious.slice(at + 1)) pair(s, one, other);
}

function track(s: ClassEvidence, key: string): void {
  if (s.tracked[key]) return;
  s.tracked[key] = {
    log: 0,
    bad: 0,
    ok: 0,
    fromBad: s.base.bad,
    fromAll: s.base.all,
    own: newOwnPart(s.base),
  };
  s.trackedCount++;
}

function pair(s: ClassEvidence, a: string, b: string): void {
  const [one, other] = isOrganisation(a) || a < b ? [a, b] : [b, a];
  const partners = s.partners[one] ?? [];
  s.partners[one] = partners;
  if (!partners.includes(other)) partners.push(other);
  track(s, pairKey(one, other));
}

/** Words that were in one hang and never came again: half of the room at the least is free after it. */
function sweep(s: ClassEvidence): void {
  const byLog = Object.keys(s.tracked)
    .filter((key) => !s.limits[key])
    .sort((a, b) => s.tracked[a]!.log - s.tracked[b]!.log || (a < b ? -1 : 1));
  for (const key of byLog.slice(0, classRules.trackedMax / 2)) forget(s, key);
}

function forget(s: ClassEvidence, key: string): void {
  delete s.tracked[key];
  s.trackedCount--;
  const at = key.indexOf(' & ');
  if (at === -1) return;
  const [one, other] = [key.slice(0, at), key.slice(at + 3)];
  const left = (s.partners[one] ?? []).filter((partner) => partner !== other);
  if (left.length > 0) s.partners[one] = left;
  else delete s.partners[one];
}

function noteDue(s: ClassEvidence, key: string): void {
  if (!s.due.includes(key)) s.due.push(key);
}
