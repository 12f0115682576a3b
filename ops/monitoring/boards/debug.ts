/** For who looks for the step that holds it: each by cell, host and step. */
import type { Board } from './board.ts';

const p95 = (metric: string, by: string): string =>
  `histogram_quantile(0.95, sum by (${by}, le) (rate(${metric}_bucket[10m])))`;

export const debug: Board = {
  name: 'debug',
  title: 'Cellbook: debug',
  rows: [
    {
      title: 'The lifecycle',
      panels: [
        {
          title: 'Steps, 95 of 100',
          about: 'By cell and step.',
          unit: 's',
          lines: { '{{cell}} {{step}}': p95('cellbook_cell_lifecycle_step_seconds', 'cell, step') },
        },
        {
          title: 'Steps of resumes, 95 of 100',
          about: 'By the rung that was taken: which step holds it.',
          unit: 's',
          lines: { '{{rung}} {{step}}': p95('cellbook_cell_resume_step_seconds', 'rung, step') },
        },
        {
          title: 'Steps that fail',
          about: 'A second.',
          unit: 'short',
          lines: {
            '{{cell}} {{step}}':
              'sum by (cell, step) (rate(cellbook_cell_lifecycle_step_seconds_count{outcome="failed"}[10m])) > 0',
          },
        },
        {
          title: 'Work on sandboxes, 95 of 100',
          about: 'Boots, freezes, checkpoints, restores and claims, by host.',
          unit: 's',
          lines: { '{{host}} {{operation}}': p95('cellbook_host_sandbox_seconds', 'host, operation') },
        },
        {
          title: 'Claims of ready sandboxes',
          about: 'A second, by what came of them.',
          unit: 'reqps',
          lines: {
            '{{cell}} {{outcome}}': 'sum by (cell, outcome) (rate(cellbook_cell_pool_claims_total[5m]))',
          },
        },
        {
          title: 'Images opened ahead',
          about: 'Of memory, before the start that wants it: a second, by what came of them.',
          unit: 'reqps',
          lines: {
            '{{host}} {{outcome}}':
              'sum by (host, outcome) (rate(cellbook_host_images_opened_ahead_total[5m]))',
          },
        },
        {
          title: 'Failures of that work',
          about: 'By the code of the error.',
          unit: 'short',
          lines: {
            '{{host}} {{operation}} {{code}}':
              'sum by (host, operation, code) (increase(cellbook_host_sandbox_failures_total[10m])) > 0',
          },
        },
      ],
    },
    {
      title: 'Requests',
      panels: [
        {
          title: 'Slowest routes, 95 of 100',
          about: 'Those that wait for a resume are slow rightly.',
          unit: 's',
          lines: { '{{route}}': `topk(10, ${p95('cellbook_cell_http_request_seconds', 'route')})` },
        },
        {
          title: 'Requests a second',
          about: 'By cell and method.',
          unit: 'reqps',
          lines: {
            '{{cell}} {{method}}':
              'sum by (cell, method) (rate(cellbook_cell_http_request_seconds_count[5m]))',
          },
        },
        {
          title: 'Sockets ended because a right had',
          about: 'By the reason.',
          unit: 'short',
          lines: { '{{reason}}': 'sum by (reason) (increase(cellbook_cell_grants_ended_total[10m]))' },
        },
        {
          title: 'Epoch of the pins',
          about: 'By edge.',
          unit: 'short',
          lines: { '{{instance}}': 'cellbook_edge_pin_epoch' },
        },
      ],
    },
    {
      title: 'Kernels and files',
      panels: [
        {
          title: 'Starts of kernels',
          about: 'By outcome.',
          unit: 'short',
          lines: { '{{outcome}}': 'sum by (outcome) (rate(cellbook_cell_kernel_starts_total[10m]))' },
        },
        {
          title: 'Output held back',
          about: 'Messages a second that came too fast.',
          unit: 'short',
          lines: { '{{cell}}': 'rate(cellbook_cell_output_dropped_total[5m])' },
        },
        {
          title: 'Notebooks written for closed tabs',
          about: 'By outcome.',
          unit: 'short',
          lines: {
            '{{outcome}}': 'sum by (outcome) (rate(cellbook_cell_notebook_output_writes_total[10m]))',
          },
        },
        {
          title: 'Rounds of the syncer and attaches, 95 of 100',
          about: 'By host.',
          unit: 's',
          lines: {
            '{{host}} sync': p95('cellbook_cell_storage_sync_seconds', 'host'),
            '{{host}} attach': p95('cellbook_cell_storage_attach_seconds', 'host'),
          },
        },
        {
          title: 'Read by the syncer',
          about: 'Bytes a second.',
          unit: 'Bps',
          lines: { '{{host}}': 'rate(cellbook_cell_storage_sync_read_bytes_total[5m])' },
        },
        {
          title: 'Fetched from the object store',
          about: 'Bytes a second of files, packages and memory that a host did not have.',
          unit: 'Bps',
          lines: {
            '{{host}} {{what}}': 'sum by (host, what) (rate(cellbook_cell_storage_fetched_bytes_total[5m]))',
          },
        },
        {
          title: 'Names that could not be kept',
          about: 'By the reason.',
          unit: 'short',
          lines: { '{{reason}}': 'sum by (reason) (rate(cellbook_cell_storage_skipped_total[10m]))' },
        },
      ],
    },
    {
      title: 'Processes and the network',
      panels: [
        {
          title: 'Lateness of the event loop, 99 of 100',
          about: 'By program.',
          unit: 's',
          lines: { '{{job}} {{instance}}': 'nodejs_eventloop_lag_p99_seconds' },
        },
        {
          title: 'Memory',
          about: 'Resident, by program.',
          unit: 'bytes',
          lines: { '{{job}} {{instance}}': 'process_resident_memory_bytes' },
        },
        {
          title: 'Processor',
          about: 'Cores, by program.',
          unit: 'short',
          lines: { '{{job}} {{instance}}': 'rate(process_cpu_seconds_total[5m])' },
        },
        {
          title: 'Bytes in and out of sandboxes',
          about: 'By host.',
          unit: 'Bps',
          lines: {
            '{{host}} {{direction}}': 'sum by (host, direction) (rate(cellbook_egress_bytes_total[5m]))',
          },
        },
        {
          title: 'Open connections out of sandboxes',
          about: 'By host.',
          unit: 'short',
          lines: { '{{host}}': 'cellbook_egress_open' },
        },
        {
          title: 'Events of the audit log',
          about: 'A second, by cell.',
          unit: 'short',
          lines: { '{{cell}}': 'rate(cellbook_cell_audit_events_total[5m])' },
        },
      ],
    },
  ],
};
