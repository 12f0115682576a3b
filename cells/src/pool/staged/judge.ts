/**
 * Whether a new generation of images may have everybody: pure, from counts alone. It is held against the current one
 * over the same time. Both shares of failures are only estimated by what was counted, so what is compared are the
 * ends of Wilson's 95 % intervals (Wilson 1927, "Probable Inference, the Law of Succession, and Statistical
 * Inference"): it goes back once it is worse beyond chance, and forward once enough of it has done well.
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

export type Verdict =
  | { type: 'wait' }
  | { type: 'promote' }
  | { type: 'roll_back'; because: 'crashes' | 'latency' };

export const noCounts: Counts = { tried: 0, crashed: 0, claims: 0, slow: 0 };

export function judge(candidate: Counts, current: Counts): Verdict {
  const { triedMin, promoteClaimsMin, crashShareExpected, slowShareExpected } = limits.pool.staged;
  const isWorse = (bad: number, of: number, usual: number): boolean =>
    of >= triedMin && interval(bad, of).low > usual;
  const crashesUsual = usualOf(current.crashed, current.tried, crashShareExpected);
  if (isWorse(candidate.crashed, candidate.tried, crashesUsual))
    return { type: 'roll_back', because: 'crashes' };
  const slowUsual = usualOf(current.slow, current.claims, slowShareExpected);
  if (isWorse(candidate.slow, candidate.claims, slowUsual)) return { type: 'roll_back', because: 'latency' };
  return { type: candidate.claims >= promoteClaimsMin ? 'promote' : 'wait' };
}

/** The most that the current generation's share may well be; of too few it is what is expected of any. */
function usualOf(bad: number, of: number, expected: number): number {
  if (of < limits.pool.staged.triedMin) return expected;
  return Math.max(expected, interval(bad, of).high);
}

/** Wilson's score interval for a share of `bad` in `of`. */
export function interval(bad: number, of: number): { low: number; high: number } {
  const z = 1.96;
  const share = bad / of;
  const middle = share + z ** 2 / (2 * of);
  const spread = z * Math.sqrt((share * (1 - share)) / of + z ** 2 / (4 * of ** 2));
  const scale = 1 + z ** 2 / of;
  return { low: Math.max(0, (middle - spread) / scale), high: Math.min(1, (middle + spread) / scale) };
}
