/** The sums behind every figure the benchmark prints. Pure, so that a test can show they are right. */

/** Nearest rank: the smallest value that at least `fraction` of the values do not exceed. */
export function percentile(values: readonly number[], fraction: number): number {
  if (values.length === 0) throw new RangeError('a percentile of no values');
  if (!(fraction > 0 && fraction <= 1)) throw new RangeError(`fraction must be in (0, 1], got ${fraction}`);
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.ceil(fraction * sorted.length) - 1]!;
}

export interface Summary {
  p50Ms: number;
  p99Ms: number;
  msgPerSecond: number;
  n: number;
}

/** One measured stretch: every round trip's latency, and how long the stretch lasted in all. */
export interface Stretch {
  latenciesMs: readonly number[];
  elapsedMs: number;
}

/** Latencies of all stretches together; the rate is round trips answered per second of stretch. */
export function summarize(stretches: readonly Stretch[]): Summary {
  const latencies = stretches.flatMap((stretch) => stretch.latenciesMs);
  const elapsedMs = stretches.reduce((sum, stretch) => sum + stretch.elapsedMs, 0);
  return {
    p50Ms: round(percentile(latencies, 0.5), 3),
    p99Ms: round(percentile(latencies, 0.99), 3),
    msgPerSecond: round((latencies.length * 1000) / elapsedMs, 1),
    n: latencies.length,
  };
}

/** Least-squares slope of y over x: with sockets as x and bytes as y, the bytes one more socket costs. */
export function slope(points: ReadonlyArray<readonly [x: number, y: number]>): number {
  if (points.length < 2) throw new RangeError('a slope needs two points');
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  if (spread === 0) throw new RangeError('a slope needs two different x');
  return points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
}

export function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}
