/**
 * Sequential evidence that something fails more often than it should: the logarithm of a likelihood ratio, `suspect`
 * (it fails at `suspectRate`) against `normal` (it fails at most at `normalRate`), never below zero, as Page's CUSUM,
 * so that years without trouble do not hide trouble that begins. While the normal rate holds, exceeding ln(x) takes x
 * observations or more on average (Lorden 1971; Shin, Ramdas, Rinaldo, "E-detectors", 2022): with K things looked at,
 * a threshold of ln(K · c) keeps each of them quiet for K · c of its own observations on average.
 */
export interface Suspicion {
  log: number;
  bad: number;
  ok: number;
}

export const suspectRate = 0.5;

export function observe(suspicion: Suspicion, isBad: boolean, normalRate: number): void {
  if (isBad) suspicion.bad++;
  else suspicion.ok++;
  suspicion.log = Math.max(0, suspicion.log + gain(isBad, normalRate));
}

/** What one observation adds; a failure nothing where failing is so usual that nothing can be told from it. */
export function gain(isBad: boolean, normalRate: number): number {
  const most = 0.8 * suspectRate;
  if (isBad) return normalRate >= most ? 0 : Math.log(suspectRate / normalRate);
  return Math.log((1 - suspectRate) / (1 - Math.min(normalRate, most)));
}

/**
 * How often things fail in general: over the last few hundred or the last few thousand, whichever is more. So a wave
 * that fails everything makes everybody's normal rate high, and nobody in particular is to blame.
 */
export interface BaseRate {
  fast: number;
  slow: number;
  bad: number;
  all: number;
}

const fastOver = 200;
const slowOver = 5_000;

export function newBaseRate(): BaseRate {
  return { fast: 0, slow: 0, bad: 0, all: 0 };
}

export function countRate(rate: BaseRate, isBad: boolean): void {
  const value = isBad ? 1 : 0;
  rate.all++;
  rate.bad += value;
  rate.fast += (value - rate.fast) / Math.min(rate.all, fastOver);
  rate.slow += (value - rate.slow) / Math.min(rate.all, slowOver);
}

/** What is still normal for one thing: `factor` times what is usual, at least `least`. */
export function normalRateOf(rate: BaseRate, factor: number, least: number): number {
  const usual = rate.all < fastOver ? rate.slow : Math.max(rate.fast, rate.slow);
  return Math.max(least, factor * usual);
}
