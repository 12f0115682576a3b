/** What the gateway counts. */
import type { Metrics } from '@cellbook/shared/metrics.ts';

export type GatewayMetrics = ReturnType<typeof createGatewayMetrics>;

export function createGatewayMetrics(metrics: Metrics) {
  return {
    sockets: metrics.gauge('cellbook_cell_sockets', 'Open sockets of kernels, terminals and events.'),
    parked: metrics.gauge(
      'cellbook_cell_parked_sockets',
      'Browsers’ sockets that the edge holds open, with no connection to this cell.',
    ),
    wakes: metrics.counter('cellbook_cell_wakes_total', 'What was told the edge of parked sockets.', [
      'outcome',
    ]),
    kernelStarts: metrics.counter('cellbook_cell_kernel_starts_total', 'Starts of kernels.', ['outcome']),
    kernelDeaths: metrics.counter(
      'cellbook_cell_kernel_deaths_total',
      'Kernels that ended without being asked to.',
      ['cause'],
    ),
    outputDropped: metrics.counter(
      'cellbook_cell_output_dropped_total',
      'Output messages held back because they came too fast.',
    ),
    notebookWrites: metrics.counter(
      'cellbook_cell_notebook_output_writes_total',
      'Notebooks written because the tab that asked was gone.',
      ['outcome'],
    ),
  };
}
