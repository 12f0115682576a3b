/**
 * How many sandboxes will be asked for in the next interval: pure. Simple exponential smoothing at several speeds
 * and the usual number of this hour of the week each say a number; what is expected is their weighted mean, where
 * those that have been less wrong of late weigh more (exponentially weighted averages of experts, Cesa-Bianchi and
 * Lugosi, "Prediction, Learning, and Games", 2006, chapter 2). How far off that may be comes from how far off it has
 * been: a histogram of past errors, in units of the standard deviation of a Poisson number, of which a quantile is
 * taken (conformal prediction by residuals). Numbers are forgotten exponentially, so a changed habit is learnt.
 */
import { limits } from '@cellbook/shared/limits.ts';

const { intervalMs, halfLivesMs, seasonWeeks, errorHalfLifeMs, weighHalfLifeMs } = limits.pool.forecast;
const hoursOfWeek = 168;
const hourMs = 3_600_000;

/** Errors in units of a standard deviation, by this step, from `binLow` on. */
const [binLow, binHigh, binStep] = [-6, 60, 0.25];
const bins = Math.round((binHigh - binLow) / binStep) + 1;
/** Errors are kept apart by how much was expected: a quiet night has other ones than a busy noon. */
const busynessFrom = [0, 0.25, 1, 4, 16];

export interface ForecastState {
  /** Exponential averages of the number per interval, one for each half-life. */
  levels: number[];
  /** The average number per interval in each hour of the week, and how much of one it rests on. */
  season: number[];
  seen: number[];
  /** Of each expert, its absolute error of late; and of how many it is. */
  losses: number[];
  lossWeight: number;
  /** Past errors, by busyness. */
  errors: number[][];
}

export interface Expectation {
  mean: number;
  /** What the number will not exceed, with this probability. */
  quantile(probability: number): number;
}

const decay = (halfLifeMs: number): number => 0.5 ** (intervalMs / halfLifeMs);

export function newForecast(): ForecastState {
  const experts = halfLivesMs.length + 1;
  return {
    levels: halfLivesMs.map(() => 0),
    season: new Array(hoursOfWeek).fill(0),
    seen: new Array(hoursOfWeek).fill(0),
    losses: new Array(experts).fill(0),
    lossWeight: 0,
    errors: busynessFrom.map(() => new Array(bins).fill(0)),
  };
}

/** What is expected of the interval that begins then, of everything observed before it. */
export function expectation(state: ForecastState, startMs: number): Expectation {
  const mean = meanOf(state, startMs);
  const errors = state.errors[busynessOf(mean)] ?? [];
  return {
    mean,
    quantile: (probability) => Math.max(0, mean + quantileOf(errors, probability) * Math.sqrt(mean + 1)),
  };
}

/** Takes in what the interval that began then has come to. Changes `state`. */
export function observe(state: ForecastState, startMs: number, count: number): void {
  const { levels, season, seen, losses, errors } = state;
  const mean = meanOf(state, startMs);
  const ofThese = errors[busynessOf(mean)] ?? [];
  const forgets = decay(errorHalfLifeMs);
  for (let bin = 0; bin < bins; bin++) ofThese[bin] = (ofThese[bin] ?? 0) * forgets;
  const bin = binOf((count - mean) / Math.sqrt(mean + 1));
  ofThese[bin] = (ofThese[bin] ?? 0) + 1;

  const keeps = decay(weighHalfLifeMs);
  expertsOf(state, startMs).forEach((says, index) => {
    losses[index] = (losses[index] ?? 0) * keeps + Math.abs(says - count);
  });
  state.lossWeight = state.lossWeight * keeps + 1;

  halfLivesMs.forEach((halfLifeMs, index) => {
    const keep = decay(halfLifeMs);
    levels[index] = (levels[index] ?? 0) * keep + count * (1 - keep);
  });
  const hour = hourOfWeek(startMs);
  const weight = Math.min((seen[hour] ?? 0) + 1, (seasonWeeks * hourMs) / intervalMs);
  seen[hour] = weight;
  season[hour] = (season[hour] ?? 0) + (count - (season[hour] ?? 0)) / weight;
}

function expertsOf({ levels, season, seen }: ForecastState, startMs: number): number[] {
  const hour = hourOfWeek(startMs);
  const usual = (seen[hour] ?? 0) > 0 ? season[hour] : levels.at(-1);
  return [...levels, usual ?? 0];
}

function meanOf(state: ForecastState, startMs: number): number {
  const experts = expertsOf(state, startMs);
  const { losses, lossWeight } = state;
  const least = Math.min(...losses);
  // Half as good as the best counts for a few per cent.
  const scale = Math.max(least / limits.pool.forecast.sharpness, 1e-9);
  const weights = losses.map((loss) => (lossWeight === 0 ? 1 : Math.exp(-(loss - least) / scale)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return experts.reduce((total, says, index) => total + (says * (weights[index] ?? 0)) / sum, 0);
}

const hourOfWeek = (startMs: number): number => Math.floor(startMs / hourMs) % hoursOfWeek;

const busynessOf = (mean: number): number => busynessFrom.findLastIndex((from) => mean >= from);

const binOf = (error: number): number =>
  Math.min(bins - 1, Math.max(0, Math.ceil((error - binLow) / binStep)));

/** The upper end of the bin in which so much of the weight is reached; nothing is known: two standard deviations. */
function quantileOf(errors: readonly number[], probability: number): number {
  const total = errors.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return 2;
  let reached = 0;
  for (const [bin, weight] of errors.entries()) {
    reached += weight;
    if (reached >= probability * total) {
      const over = weight === 0 ? 0 : (reached - probability * total) / weight;
      return binLow + (bin - over) * binStep;
    }
  }
  return binHigh;
}
