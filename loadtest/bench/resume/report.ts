/** The result of all samples: pure. Its last line is one JSON object. */
import { percentile, round } from '../measure/statistics.ts';
import { isGood } from './plan.ts';
import { type RungName, rungNames } from './rungs.ts';
import type { Line } from './samples-file.ts';
import { type Steps, sumOf } from './steps.ts';

export interface Spread {
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  n: number;
}

export interface RungReport extends Partial<Spread> {
  n: number;
  /** Samples in which another rung was taken, by its name: they count for none. */
  tookAnother: Record<string, number>;
  /** Samples whose resume or first cell failed, in words. */
  failed: string[];
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

type Timed = Extract<Line, { steps: Steps }>;
const offPercentAllowed = 5;

export function report(lines: readonly Line[]) {
  const loads = lines.map(({ load }) => load);
  const peer = lines.flatMap((line) => (line.wanted === 'peer' ? [line.totalMs] : []));
  return {
    n: lines.filter((line) => line.wanted !== 'peer' && isGood(line)).length,
    rungs: perRung((rung) => rungReport(lines.filter(({ wanted }) => wanted === rung))),
    steps: perRung((rung) => stepsReport(timed(lines, rung).filter(isGood))),
    peer: peer.length === 0 ? null : spread(peer),
    /** Load averages of the machine, which a busy one's times are to be read with. */
    load:
      loads.length === 0
        ? null
        : { min: Math.min(...loads), p50: percentile(loads, 0.5), max: Math.max(...loads) },
    from: lines[0]?.at ?? null,
    until: lines.at(-1)?.at ?? null,
  };
}

function perRung<Result>(of: (rung: RungName) => Result): Record<RungName, Result> {
  const [live, memory, memoryRemote, files, cold, coldFromGolden] = rungNames;
  return {
    ...{ live: of(live), memory: of(memory), memoryRemote: of(memoryRemote) },
    ...{ files: of(files), cold: of(cold), coldFromGolden: of(coldFromGolden) },
  };
}

const timed = (lines: readonly Line[], rung: RungName): Timed[] =>
  lines.filter((line): line is Timed => line.wanted === rung && 'steps' in line);

function rungReport(lines: readonly Line[]): RungReport | null {
  if (lines.length === 0) return null;
  const good = lines.flatMap((line) => ('totalMs' in line && isGood(line) ? [line.totalMs] : []));
  const tookAnother: Record<string, number> = {};
  for (const line of lines)
    if ('taken' in line && !isGood(line)) tookAnother[line.taken] = (tookAnother[line.taken] ?? 0) + 1;
  const failed = lines.flatMap((line) => ('failed' in line ? [line.failed] : []));
  return { ...(good.length === 0 ? { n: 0 } : spread(good)), tookAnother, failed };
}

export function spread(values: readonly number[]): Spread {
  return {
    p50Ms: round(percentile(values, 0.5), 1),
    p95Ms: round(percentile(values, 0.95), 1),
    p99Ms: round(percentile(values, 0.99), 1),
    n: values.length,
  };
}

export function stepsReport(samples: readonly Pick<Timed, 'totalMs' | 'steps'>[]): StepsReport | null {
  if (samples.length === 0) return null;
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
