/** The result of all samples: pure. Its last line is one JSON object. */
import { percentile, round } from '../measure/statistics.ts';
import { type Rung, type RungName, rungNames, rungs } from './rungs.ts';
import type { Sample } from './samples.ts';
import { type Steps, sumOf } from './steps.ts';

export interface Spread {
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  n: number;
}

export interface RungReport extends Spread {
  /** Samples in which another rung was taken, by its name: they count for none. */
  tookAnother: Record<string, number>;
}

export interface StepsReport {
  p50Ms: Record<string, number>;
  /** The three that take the longest, at the median. */
  largest: string[];
  /** By how much the sum of a sample's steps is off its total, at most, in percent; 5 is allowed. */
  offByPercentMax: number;
  /** Samples that are off by more than is allowed. */
  offTooFar: number;
}

const offPercentAllowed = 5;

export function rungReports(
  samples: readonly Sample[],
): Record<RungName, RungReport | { why: string } | null> {
  return perRung(samples, (mine, of, rung) => {
    if ('absent' in rung) return { why: rung.absent };
    const others = mine.filter(({ taken }) => taken !== rung.rung);
    if (of.length === 0) return null;
    return { ...spread(of.map(({ totalMs }) => totalMs)), tookAnother: countBy(others) };
  });
}

export const stepReports = (samples: readonly Sample[]): Record<RungName, StepsReport | null> =>
  perRung(samples, (_mine, of) => (of.length === 0 ? null : stepsReport(of)));

function perRung<Result>(
  samples: readonly Sample[],
  report: (mine: Sample[], counted: Sample[], rung: Rung | { absent: string }) => Result,
): Record<RungName, Result> {
  const entry = (name: RungName) => {
    const mine = samples.filter(({ wanted }) => wanted === name);
    const rung = rungs[name];
    return report(mine, 'absent' in rung ? [] : mine.filter(({ taken }) => taken === rung.rung), rung);
  };
  const [live, memory, memoryRemote, files, cold] = rungNames;
  return {
    live: entry(live),
    memory: entry(memory),
    memoryRemote: entry(memoryRemote),
    files: entry(files),
    cold: entry(cold),
  };
}

export function spread(values: readonly number[]): Spread {
  return {
    p50Ms: round(percentile(values, 0.5), 1),
    p95Ms: round(percentile(values, 0.95), 1),
    p99Ms: round(percentile(values, 0.99), 1),
    n: values.length,
  };
}

export function stepsReport(samples: readonly Pick<Sample, 'totalMs' | 'steps'>[]): StepsReport {
  const names = new Set(samples.flatMap(({ steps }) => Object.keys(steps)));
  const medians = [...names].map((name) => [name, medianOf(samples, name)] as const);
  const off = samples.map(offByPercent);
  return {
    p50Ms: Object.fromEntries(medians),
    largest: medians
      .toSorted(([, one], [, other]) => other - one)
      .slice(0, 3)
      .map(([name]) => name),
    offByPercentMax: round(Math.max(...off), 1),
    offTooFar: off.filter((percent) => percent > offPercentAllowed).length,
  };
}

const medianOf = (samples: readonly { steps: Steps }[], name: string): number =>
  round(
    percentile(
      samples.map(({ steps }) => steps[name] ?? 0),
      0.5,
    ),
    1,
  );

const offByPercent = ({ totalMs, steps }: { totalMs: number; steps: Steps }): number =>
  (Math.abs(sumOf(steps) - totalMs) / totalMs) * 100;

function countBy(samples: readonly Sample[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { taken } of samples) counts[taken] = (counts[taken] ?? 0) + 1;
  return counts;
}
