/**
 * How long people are away. From a file with the seconds of each absence, a number in each line, as a cell's own
 * record has them; else a made-up working week, which the plot says: of a hundred absences sixty are a meeting or a
 * lunch (lognormal, median 15 min, sigma 1.2), thirty are nights (12 to 16 h), ten are days (1 to 14 d).
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

export interface Absences {
  ms: number[];
  /** In words, for who reads the plot. */
  source: string;
}

const hourMs = 3_600_000;
const madeUp = 'made up: of 100 absences 60 short (median 15 min), 30 nights, 10 of 1 to 14 days';

export async function readAbsences(path: string | null): Promise<Absences> {
  if (path === null) return { ms: workingWeek(), source: madeUp };
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  const ms = z
    .array(z.coerce.number().positive())
    .min(20)
    .parse(lines)
    .map((seconds) => seconds * 1_000);
  return { ms, source: `${ms.length} absences of ${path}` };
}

/** By evenly spaced quantiles: nothing is drawn. */
function workingWeek(): number[] {
  const even = (count: number) => Array.from({ length: count }, (_, index) => (index + 0.5) / count);
  return [
    ...even(600).map((share) => 0.25 * hourMs * Math.exp(1.2 * normalQuantile(share))),
    ...even(300).map((share) => (12 + 4 * share) * hourMs),
    ...even(100).map((share) => 24 * hourMs * 14 ** share),
  ];
}

/** Of the standard normal distribution, by bisection of its integral. */
function normalQuantile(share: number): number {
  let [low, high] = [-6, 6];
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (normalShare(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.17. */
function normalShare(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  const b = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429];
  const above = density * b.reduce((total, factor, index) => total + factor * t ** (index + 1), 0);
  return x >= 0 ? 1 - above : above;
}
