/** The result of all samples: pure. */
import { percentile } from '../measure/statistics.ts';
import { spread, stepsReport } from '../resume/report.ts';
import type { LazySample } from './sample.ts';

export const targetP95Ms = 3_000;

export function report(samples: readonly LazySample[]) {
  const loads = samples.map(({ load }) => load);
  const taken: Record<string, number> = {};
  for (const sample of samples) taken[sample.taken] = (taken[sample.taken] ?? 0) + 1;
  const firstCell = spread(samples.map(({ totalMs }) => totalMs));
  return {
    n: samples.length,
    firstCell,
    isOnTarget: firstCell.p95Ms <= targetP95Ms,
    /** A cell after it that reads the first mebibyte of a large file. */
    read: spread(samples.map(({ readMs }) => readMs)),
    rungs: taken,
    fetchedBytes: {
      byFirstCell: bytesOf(samples.map(({ fetchedBytes }) => fetchedBytes.byFirstCell)),
      byRead: bytesOf(samples.map(({ fetchedBytes }) => fetchedBytes.byRead)),
    },
    steps: stepsReport(samples),
    load: { min: Math.min(...loads), p50: percentile(loads, 0.5), max: Math.max(...loads) },
  };
}

const bytesOf = (values: readonly number[]) => ({
  p50: percentile(values, 0.5),
  max: Math.max(...values),
});
