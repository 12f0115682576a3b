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
  return Math.max(least, factor * Math.max(rate.fast, rate.slow));
}

/** One thing's part in a rate: how much of its weight is of that thing, and of that thing's failures. */
export interface OwnPart {
  /** `all` of the rate when it was last counted. */
  at: number;
  fast: { bad: number; all: number };
  slow: { bad: number; all: number };
}

export function newOwnPart(rate: BaseRate): OwnPart {
  return { at: rate.all, fast: { bad: 0, all: 0 }, slow: { bad: 0, all: 0 } };
}

/** The observation that the rate counted last was this thing's. */
export function countOwn(own: OwnPart, rate: BaseRate, isBad: boolean): void {
  for (const [part, over] of [[own.fast, fastOver] as const, [own.slow, slowOver] as const]) {
    const kept = keptOf(own.at, rate.all, over);
    const weight = 1 / Math.min(rate.all, over);
    part.all = kept * part.all + weight;
    part.bad = kept * part.bad + (isBad ? weight : 0);
  }
  own.at = rate.all;
}

/**
 * As `normalRateOf`, of all but this thing: what fails always, and is a third of everything, makes failing usual only
 * for itself. Of all where there are not `othersMin` others to go by. `lately`: where those are among the last few
 * thousand and not among the last few hundred, whether these count as they are (then what is nearly all there is lately
 * is blamed for no wave that fails everything) or not at all (then whoever fails at once, and so has nearly all, is found).
 */
export function normalRateBeside(
  rate: BaseRate,
  own: OwnPart,
  { factor, least, othersMin, lately }: BesideRules,
): number {
  const beside = (mean: number, part: OwnPart['fast'], over: number) => {
    const kept = keptOf(own.at, rate.all, over);
    const others = 1 - kept * part.all;
    if (others * Math.min(rate.all, over) < othersMin) return null;
    return Math.max(0, mean - kept * part.bad) / others;
  };
  const slow = beside(rate.slow, own.slow, slowOver);
  if (slow === null) return normalRateOf(rate, factor, least);
  const fast = beside(rate.fast, own.fast, fastOver) ?? (lately === 'counts' ? rate.fast : 0);
  return Math.max(least, factor * Math.max(fast, slow));
}

export interface BesideRules {
  factor: number;
  least: number;
  othersMin: number;
  lately: 'counts' | 'left out';
}

/** What is left of a weight after the observations from the one number to the other: each takes 1/n, then 1/`over`. */
function keptOf(from: number, to: number, over: number): number {
  const even = Math.min(from, over) / Math.min(to, over);
  return even * (1 - 1 / over) ** (Math.max(to, over) - Math.max(from, over));
}
