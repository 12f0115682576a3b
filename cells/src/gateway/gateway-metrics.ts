/** What the gateway counts. */
import type { Metrics } from '@cellbook/shared/metrics.ts';

export type GatewayMetrics = ReturnType<typeof createGatewayMetrics>;

export function createGatewayMetrics(metrics: Metrics) {
  return {
    sockets: metrics.gauge('cellbook_cell_sockets', 'Open sockets of kernels, terminals and events.'),
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
