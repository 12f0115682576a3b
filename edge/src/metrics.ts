/**
 * What this isolate has done, as Prometheus reads it at `/metrics`. Our own few lines because prom-client wants
 * Node's process. An isolate counts for itself: locally there is one; on Cloudflare the platform's own analytics
 * add them up.
 */
const boundsMs = [1, 2.5, 5, 10, 25, 50, 100, 250, 1_000, 10_000, 60_000];

export interface Metrics {
  answered(host: string, area: string, status: number): void;
  /** From sending a request on to the head of its answer. */
  forwarded(durationMs: number): void;
  /** What a request was to go to did not answer. */
  unreachable(what: 'cell' | 'scheduler'): void;
  /** A cell has said that the user is not its own. */
  misdirected(): void;
  text(pinEpoch: number): string;
}

export function createMetrics(): Metrics {
  const answers = new Map<string, number>();
  const buckets = boundsMs.map(() => 0);
  const unreachables = { cell: 0, scheduler: 0 };
  let [forwards, forwardedMs, misdirections] = [0, 0, 0];

  return {
    answered(host, area, status) {
      const labels = `host="${host}",area="${area}",status="${status}"`;
      answers.set(labels, (answers.get(labels) ?? 0) + 1);
    },
    forwarded(durationMs) {
      forwards++;
      forwardedMs += durationMs;
      for (const [index, bound] of boundsMs.entries())
        if (durationMs <= bound) buckets[index] = (buckets[index] ?? 0) + 1;
    },
    unreachable(what) {
      unreachables[what]++;
    },
    misdirected() {
      misdirections++;
    },
    text: (pinEpoch) =>
      [
        '# TYPE cellbook_edge_requests_total counter',
        ...[...answers].map(([labels, count]) => `cellbook_edge_requests_total{${labels}} ${count}`),
        '# HELP cellbook_edge_forward_seconds From sending a request on to the head of its answer.',
        '# TYPE cellbook_edge_forward_seconds histogram',
        ...boundsMs.map(
          (bound, index) => `cellbook_edge_forward_seconds_bucket{le="${bound / 1_000}"} ${buckets[index]}`,
        ),
        `cellbook_edge_forward_seconds_bucket{le="+Inf"} ${forwards}`,
        `cellbook_edge_forward_seconds_sum ${forwardedMs / 1_000}`,
        `cellbook_edge_forward_seconds_count ${forwards}`,
        '# TYPE cellbook_edge_cell_unreachable_total counter',
        `cellbook_edge_cell_unreachable_total ${unreachables.cell}`,
        '# HELP cellbook_edge_scheduler_unreachable_total Of GPU jobs; each instance that did not answer.',
        '# TYPE cellbook_edge_scheduler_unreachable_total counter',
        `cellbook_edge_scheduler_unreachable_total ${unreachables.scheduler}`,
        '# HELP cellbook_edge_misdirected_total Answers of cells that the user is not their own (421).',
        '# TYPE cellbook_edge_misdirected_total counter',
        `cellbook_edge_misdirected_total ${misdirections}`,
        '# TYPE cellbook_edge_pin_epoch gauge',
        `cellbook_edge_pin_epoch ${pinEpoch}`,
        '',
      ].join('\n'),
  };
}
