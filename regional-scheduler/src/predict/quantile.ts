/**
 * Quantiles of times of which some are only known to be longer than they were watched (failed, preempted, still
 * running): Kaplan and Meier's estimate (1958) in Efron's form, in which what is cut short gives its weight to those
 * that lasted longer. With nothing cut it is the usual quantile, between the values as the median of two is their mean.
 */
export interface Observed {
  value: number;
  /** Known to be longer than this. */
  isCut: boolean;
}

/** `sorted` by value, what was cut behind what ended at the same value. */
export function quantileOf(sorted: readonly Observed[], quantile: number): number {
  const weighted = weightedEnds(sorted);
  const target = quantile * (sorted.length - 1);
  let before: { at: number; value: number } | null = null;
  let sum = 0;
  for (const { value, weight } of weighted) {
    const at: number = sum + (weight - 1) / 2;
    if (at >= target) {
      if (!before || at === before.at) return value;
      return before.value + ((target - before.at) / (at - before.at)) * (value - before.value);
    }
    before = { at, value };
    sum += weight;
  }
  return before?.value ?? Number.NaN;
}

function weightedEnds(sorted: readonly Observed[]): { value: number; weight: number }[] {
  const ends: { value: number; weight: number }[] = [];
  let each = 1;
  for (const [at, { value, isCut }] of sorted.entries()) {
    const behind = sorted.length - 1 - at;
    // The last of all counts as an end: it is the most that is known.
    if (!isCut || behind === 0) ends.push({ value, weight: each });
    else each += each / behind;
  }
  return ends;
}
