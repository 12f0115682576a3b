import { expect, it } from 'vitest';
import { readMetrics, unsaid } from './scrape.ts';

const scraped = readMetrics([
  `# TYPE cellbook_cell_sockets gauge
cellbook_cell_sockets 3`,
  `# TYPE cellbook_cell_resume_seconds histogram
cellbook_cell_resume_seconds_bucket{le="0.5",rung="live"} 4
cellbook_cell_resume_seconds_count{rung="live"} 4
# TYPE cellbook_cell_kernel_deaths_total counter`,
]);

it('finds what is said, of a histogram by each of its names', () => {
  const expressions = [
    'sum by (cell) (rate(cellbook_cell_resume_seconds_bucket{rung="live",le="0.5",cell="eu-1"}[5m]))',
    'cellbook_cell_resume_seconds_count / cellbook_cell_sockets',
    'cellbook_cell_kernel_deaths_total{cause="unknown yet"}',
    'cellbook:recorded:bad_ratio_5m',
  ];
  expect(unsaid(expressions, scraped, ['cell'])).toEqual([]);
});

it('finds a metric that nothing says, and a label that a metric has not', () => {
  const expressions = [
    'rate(cellbook_cell_socket[5m]) + nodejs_eventloop_lag_p99_seconds',
    'cellbook_cell_resume_seconds_count{step="live"}',
    'cellbook_cell_sockets_total',
  ];
  expect(unsaid(expressions, scraped, [])).toEqual([
    'cellbook_cell_socket',
    'nodejs_eventloop_lag_p99_seconds',
    'cellbook_cell_resume_seconds_count{step}',
    'cellbook_cell_sockets_total',
  ]);
});
