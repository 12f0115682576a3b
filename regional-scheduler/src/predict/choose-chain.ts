/**
 * By which features, in which order, jobs are told apart: chosen from what ended, greedily. Next is always the name
 * that, within the groups so far, leaves the least absolute error of the median in logarithms; what each group's
 * own jobs say is judged by the others of it, so that a name that tells every job apart (a seed) wins nothing.
 */
import type { Values } from './subject.ts';

export interface ChainSample {
  values: Values;
  seconds: number;
}

const namesMax = 6;
/** A name must take away this share of the error that is left. */
const worthwhile = 0.01;

/** Enough to choose by, and a tenth of a second. */
const samplesMax = 1_500;

export function chooseChain(all: readonly ChainSample[]): string[] {
  const every = Math.max(1, Math.ceil(all.length / samplesMax));
  const samples = all.filter((_, at) => at % every === 0);
  const chain: string[] = [];
  const logs = samples.map((sample) => Math.log(Math.max(1, sample.seconds)));
  let keys = samples.map(() => '');
  let error = errorOf(keys, logs);
  const names = new Set(samples.flatMap((sample) => Object.keys(sample.values)));
  while (chain.length < namesMax) {
    const tried = [...names].map((name) => {
      const finer = keys.map((key, at) => `${key}|${samples[at]!.values[name] ?? ''}`);
      return { name, finer, error: errorOf(finer, logs) };
    });
    const best = tried.sort((a, b) => a.error - b.error || (a.name < b.name ? -1 : 1))[0];
    if (!best || best.error > (1 - worthwhile) * error) break;
    ({ error, finer: keys } = best);
    chain.push(best.name);
    names.delete(best.name);
  }
  return chain;
}

/** Each job against the mean of the others of its group and, with the weight of two, of all. */
function errorOf(keys: readonly string[], logs: readonly number[]): number {
  const groups = new Map<string, { sum: number; count: number }>();
  let all = 0;
  for (const [at, key] of keys.entries()) {
    const group = groups.get(key) ?? { sum: 0, count: 0 };
    group.sum += logs[at]!;
    group.count++;
    all += logs[at]!;
    groups.set(key, group);
  }
  const mean = all / Math.max(1, logs.length);
  let error = 0;
  for (const [at, key] of keys.entries()) {
    const { sum, count } = groups.get(key)!;
    const others = (sum - logs[at]! + 2 * mean) / (count + 1);
    error += Math.abs(logs[at]! - others);
  }
  return error / Math.max(1, logs.length);
}
