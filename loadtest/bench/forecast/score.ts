/** How good a forecast was on days that it had not seen, and the seasonal-naive one it is held against. Pure. */

export interface Forecasted {
  /** Of each interval the number that is as likely to be exceeded as not. */
  median: readonly number[];
  /** The number that is exceeded in one of twenty. */
  quantile: readonly number[];
}

export interface Score {
  /** Mean absolute error of the median. */
  mae: number;
  /** Mean pinball loss of the quantile (Koenker and Bassett 1978). */
  pinball: number;
  /** Of what was asked for, what was more than the quantile's whole number. */
  missedShare: number;
  /** What a pool of that size holds, on average. */
  meanReady: number;
}

export function scoreOf(
  asked: readonly number[],
  from: number,
  forecast: Forecasted,
  probability: number,
): Score {
  const sum = { mae: 0, pinball: 0, missed: 0, ready: 0, asked: 0 };
  for (let index = from; index < asked.length; index++) {
    const [count = 0, median = 0, quantile = 0] = [
      asked[index],
      forecast.median[index],
      forecast.quantile[index],
    ];
    const over = count - quantile;
    sum.mae += Math.abs(count - median);
    sum.pinball += over >= 0 ? probability * over : (probability - 1) * over;
    sum.missed += Math.max(0, count - Math.ceil(quantile));
    sum.ready += Math.ceil(quantile);
    sum.asked += count;
  }
  const n = asked.length - from;
  return {
    mae: rounded(sum.mae / n),
    pinball: rounded(sum.pinball / n),
    missedShare: rounded(sum.missed / Math.max(1, sum.asked)),
    meanReady: rounded(sum.ready / n),
  };
}

/**
 * The number of one season ago. Its quantile is that and what was added by the errors of the days before the held-back
 * ones, so that it is not held against ours without the means that ours has.
 */
export function seasonalNaive(
  asked: readonly number[],
  from: number,
  season: number,
  probability: number,
): Forecasted {
  const before = (index: number) => asked[index - season] ?? 0;
  const errors = asked.slice(season, from).map((count, index) => count - before(index + season));
  const added = errors.toSorted((a, b) => a - b)[Math.floor(probability * errors.length)] ?? 0;
  return {
    median: asked.map((_, index) => before(index)),
    quantile: asked.map((_, index) => Math.max(0, before(index) + added)),
  };
}

const rounded = (value: number): number => Math.round(value * 10_000) / 10_000;
