/**
 * Whether a new generation of images may have everybody: pure, from counts alone. It is held against the current one
 * over the same time. Both shares of failures are only estimated by what was counted, so what is compared are the
 * ends of Wilson's 95 % intervals (Wilson 1927, "Probable Inference, the Law of Succession, and Statistical
 * Inference"): it goes back once it is worse beyond chance, and forward once enough of it has done well.
 *
 * A sandbox belongs to somebody from its claim on, who can make it crash or slow as he likes. So what is judged of
 * claims leaves out the owners that had most of it, and wants the rest to be from a share of all owners: a few people
 * neither roll an image back for everybody nor keep it from everybody. What is nobody's (restores, members that ended
 * by themselves) counts as it is. In a cell where, in an hour, fewer have claimed than that takes, it never came to a
 * verdict: there all of it counts, whosever it is.
 */
import { limits } from '@cellbook/shared/limits.ts';

export interface Counts {
  /** Restores and claims. */
  tried: number;
  /** Restores and claims that failed, and sandboxes that crashed soon after their claim. */
  crashed: number;
  /** Claims that succeeded. */
  claims: number;
  /** Of these, those that took long. */
  slow: number;
}

export function addTo(sum: Counts, more: Counts): void {
  for (const key of ['tried', 'crashed', 'claims', 'slow'] as const) sum[key] += more[key];
}

export function sumOf(counts: readonly Counts[]): Counts {
  const sum = { ...noCounts };
  for (const each of counts) addTo(sum, each);
  return sum;
}

/** Sums over owners. */
export interface OwnerCounts {
  all: Counts;
  /** Of the few with most crashes, and of the few with most slow claims (`ownersLeftOut`). */
  mostCrashed: Counts;
  mostSlow: Counts;
  /** How many owners there are, and how many of them had a crash, or a slow claim. */
  owners: number;
  ownersCrashed: number;
  ownersSlow: number;
}

/** `total`: what is nobody's, too. */
export interface Evidence {
  total: Counts;
  owned: OwnerCounts;
}

export type Verdict =
  /** `doubtful`: worse by what too few people have seen. */
  | { type: 'wait'; doubtful: boolean }
  | { type: 'promote' }
  | { type: 'roll_back'; because: 'crashes' | 'latency' };

export const noCounts: Counts = { tried: 0, crashed: 0, claims: 0, slow: 0 };

export const noOwners: OwnerCounts = {
  ...{ all: noCounts, mostCrashed: noCounts, mostSlow: noCounts },
  ...{ owners: 0, ownersCrashed: 0, ownersSlow: 0 },
};

/** @param sinceMs how long the candidate has been one */
export function judge(candidate: Evidence, current: Evidence, sinceMs: number): Verdict {
  return isOfFew(candidate, current, sinceMs)
    ? judgeTotals(candidate, current)
    : judgeOwned(candidate, current);
}

/** The current one has most claims, so whoever is there has claimed of it. */
function isOfFew(candidate: Evidence, current: Evidence, sinceMs: number): boolean {
  const { ownersMin, ownersLeftOut, fewOwnersMs } = limits.pool.staged;
  const owners = Math.max(candidate.owned.owners, current.owned.owners);
  return sinceMs >= fewOwnersMs && owners < ownersMin + ownersLeftOut;
}

function judgeTotals({ total }: Evidence, current: Evidence): Verdict {
  const usual = { total: current.total, owned: noOwners };
  if (isWorse(total.crashed, total.tried, usualCrashes(usual)))
    return { type: 'roll_back', because: 'crashes' };
  if (isWorse(total.slow, total.claims, usualSlow(usual))) return { type: 'roll_back', because: 'latency' };
  const isEnough = total.claims >= limits.pool.staged.promoteClaimsMin;
  return isEnough ? { type: 'promote' } : { type: 'wait', doubtful: false };
}

function judgeOwned(candidate: Evidence, current: Evidence): Verdict {
  const { promoteClaimsMin } = limits.pool.staged;
  const { total, owned } = candidate;
  const [crashesUsual, slowUsual] = [usualCrashes(current), usualSlow(current)];
  const crashes = (of: Counts) => isWorse(of.crashed, of.tried, crashesUsual);
  const latency = (of: Counts) => isWorse(of.slow, of.claims, slowUsual);
  const byMany = (owners: number) => isByMany(owners, owned.owners);
  const others = without(total, owned.mostCrashed);
  if (crashes(without(total, owned.all)) || (crashes(others) && byMany(owned.ownersCrashed)))
    return { type: 'roll_back', because: 'crashes' };
  const swiftest = without(total, owned.mostSlow);
  if (latency(swiftest) && byMany(owned.ownersSlow)) return { type: 'roll_back', because: 'latency' };
  const doubtful = crashes(total) || latency(total);
  const isClear = !crashes(others) && !latency(swiftest);
  const well = doubtful ? Math.min(others.claims, swiftest.claims) : total.claims;
  return isClear && well >= promoteClaimsMin ? { type: 'promote' } : { type: 'wait', doubtful };
}

function isByMany(owners: number, all: number): boolean {
  const { ownersMin, ownersShareMin } = limits.pool.staged;
  return owners >= ownersMin && owners >= all * ownersShareMin;
}

const isWorse = (bad: number, of: number, usual: number): boolean =>
  of >= limits.pool.staged.triedMin && interval(bad, of).low > usual;

function usualCrashes({ total, owned }: Evidence): number {
  const { crashed, tried } = without(total, owned.mostCrashed);
  return usualOf(crashed, tried, limits.pool.staged.crashShareExpected);
}

function usualSlow({ total, owned }: Evidence): number {
  const { slow, claims } = without(total, owned.mostSlow);
  return usualOf(slow, claims, limits.pool.staged.slowShareExpected);
}

/** The most that the current generation's share may well be; of too few it is what is expected of any. */
function usualOf(bad: number, of: number, expected: number): number {
  if (of < limits.pool.staged.triedMin) return expected;
  return Math.max(expected, interval(bad, of).high);
}

/** A crash is counted some time after its claim, and what was counted last may be in one of both only. */
const without = (all: Counts, some: Counts): Counts => ({
  tried: Math.max(0, all.tried - some.tried),
  crashed: Math.max(0, all.crashed - some.crashed),
  claims: Math.max(0, all.claims - some.claims),
  slow: Math.max(0, all.slow - some.slow),
});

/** Wilson's score interval for a share of `bad` in `of`. */
export function interval(bad: number, of: number): { low: number; high: number } {
  const z = 1.96;
  const share = bad / of;
  const middle = share + z ** 2 / (2 * of);
  const spread = z * Math.sqrt((share * (1 - share)) / of + z ** 2 / (4 * of ** 2));
  const scale = 1 + z ** 2 / of;
  return { low: Math.max(0, (middle - spread) / scale), high: Math.min(1, (middle + spread) / scale) };
}
