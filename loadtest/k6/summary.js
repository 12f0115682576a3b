/** k6's metrics as the benchmarks print them. */

/** Thresholds that were not kept, in words. */
export const brokenThresholds = (metrics) =>
  Object.entries(metrics).flatMap(([name, { thresholds = {} }]) =>
    Object.entries(thresholds)
      .filter(([, { ok }]) => !ok)
      .map(([threshold]) => `${name}: ${threshold}`),
  );

/** Of a trend that thresholds name by each value of a tag: those that have samples. */
export function spreads(metrics, trend, tag, values) {
  const entries = values.flatMap((value) => {
    const of = metrics[`${trend}{${tag}:${value}}`]?.values;
    return of?.count > 0
      ? [[value, { p50Ms: of['p(50)'], p95Ms: of['p(95)'], p99Ms: of['p(99)'], n: of.count }]]
      : [];
  });
  return Object.fromEntries(entries);
}
