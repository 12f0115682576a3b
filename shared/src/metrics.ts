/**
 * Metrics of one program (prom-client), served at `/metrics`. Each program makes one registry and hands out
 * instruments from it; a second request for the same name gives the same instrument, so modules need not
 * know of each other. Names follow Prometheus: `cellbook_<program>_<thing>_<unit>`.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds; fine where resume lives (10 ms to 10 s), coarse beyond. */
export const latencyBucketsSeconds = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 30, 60,
];

export interface Metrics {
  counter(name: string, help: string, labels?: readonly string[]): Counter<string>;
  gauge(name: string, help: string, labels?: readonly string[]): Gauge<string>;
  /** In seconds unless the name says otherwise. */
  histogram(name: string, help: string, labels?: readonly string[], buckets?: number[]): Histogram<string>;
  /** The text exposition format and its content type. */
  render(): Promise<{ contentType: string; body: string }>;
}

export function createMetrics({ processMetrics = false }: { processMetrics?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const known = new Map<string, Counter<string> | Gauge<string> | Histogram<string>>();
  const once = <T extends Counter<string> | Gauge<string> | Histogram<string>>(
    name: string,
    make: () => T,
  ): T => {
    const instrument = known.get(name) ?? make();
    known.set(name, instrument);
    return instrument as T;
  };
  const base = (name: string, help: string, labels: readonly string[] = []) => ({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
  });
  return {
    counter: (name, help, labels) => once(name, () => new Counter(base(name, help, labels))),
    gauge: (name, help, labels) => once(name, () => new Gauge(base(name, help, labels))),
    histogram: (name, help, labels, buckets = latencyBucketsSeconds) =>
      once(name, () => new Histogram({ ...base(name, help, labels), buckets })),
    render: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}
