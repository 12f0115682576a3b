/** For who was woken: what fires, how fast budgets burn, and where the errors are. */
import { slos } from '../slos.ts';
import type { Board } from './board.ts';

export const onCall: Board = {
  name: 'on-call',
  title: 'Cellbook: on call',
  rows: [
    {
      title: 'Now',
      panels: [
        {
          title: 'Alerts that fire',
          about: 'Each has a page in ops/runbooks/alerts.',
          unit: 'short',
          lines: { '{{alertname}} {{cell}}': 'count by (alertname, cell) (ALERTS{alertstate="firing"})' },
        },
        {
          title: 'Programs that do not answer',
          about: 'By job and instance.',
          unit: 'short',
          lines: { '{{job}} {{instance}}': 'up{job=~"cellbook-.+"} == 0' },
        },
        {
          title: 'Budgets burnt over the last hour, by promise',
          about: '1 uses a budget up in 30 days; 14.4 is a page.',
          unit: 'short',
          lines: Object.fromEntries(
            slos.map(({ name, objective }) => [
              `${name} {{cell}}`,
              `cellbook:${name}:bad_ratio_1h / ${Number((1 - objective).toFixed(6))}`,
            ]),
          ),
        },
      ],
    },
    {
      title: 'Requests',
      panels: [
        {
          title: 'Errors of cells by route',
          about: '5xx a second.',
          unit: 'reqps',
          lines: {
            '{{cell}} {{route}} {{status}}':
              'sum by (cell, route, status) (rate(cellbook_cell_http_request_seconds_count{status=~"5.."}[5m])) > 0',
          },
        },
        {
          title: 'Answers of the edge',
          about: 'By area and status.',
          unit: 'reqps',
          lines: {
            '{{area}} {{status}}': 'sum by (area, status) (rate(cellbook_edge_requests_total[5m]))',
            'cell unreachable': 'sum(rate(cellbook_edge_cell_unreachable_total[5m]))',
            'scheduler of GPU jobs unreachable': 'sum(rate(cellbook_edge_scheduler_unreachable_total[5m]))',
            misdirected: 'sum(rate(cellbook_edge_misdirected_total[5m]))',
          },
        },
        {
          title: 'From edge to cell, 95 of 100',
          about: 'Until the head of the answer.',
          unit: 's',
          lines: {
            p95: 'histogram_quantile(0.95, sum by (le) (rate(cellbook_edge_forward_seconds_bucket[5m])))',
          },
        },
      ],
    },
    {
      title: 'Workspaces',
      panels: [
        {
          title: 'Actions that fail',
          about: 'By code.',
          unit: 'short',
          lines: {
            '{{cell}} {{code}}':
              'sum by (cell, code) (increase(cellbook_cell_lifecycle_failures_total[10m])) > 0',
          },
        },
        {
          title: 'Places',
          about: 'Frozen ones are among the live; members wait to be claimed.',
          unit: 'short',
          lines: { '{{cell}} {{state}}': 'sum by (cell, state) (cellbook_cell_sandboxes)' },
        },
        {
          title: 'Sandboxes that are ready',
          about: 'Against how many are to be, and how many are forecast to be asked for in the next minute.',
          unit: 'short',
          lines: { '{{cell}} {{what}}': 'sum by (cell, what) (cellbook_cell_pool_members)' },
        },
        {
          title: 'Better rungs not taken',
          about: 'By cause. `live` that has expired is an image that came back: nothing is lost by it.',
          unit: 'short',
          lines: {
            '{{rung}} {{cause}}':
              'sum by (rung, cause) (increase(cellbook_cell_resume_missed_total[30m])) > 0',
          },
        },
        {
          title: 'Kernels that ended unasked',
          about: 'OutOfMemory is the limit of the owner’s tier.',
          unit: 'short',
          lines: {
            '{{cell}} {{cause}}':
              'sum by (cell, cause) (increase(cellbook_cell_kernel_deaths_total[10m])) > 0',
          },
        },
      ],
    },
    {
      title: 'Files, rights and ways out',
      panels: [
        {
          title: 'Rounds of the syncer that fail',
          about: 'A second, by host.',
          unit: 'short',
          lines: {
            '{{host}}':
              'sum by (host) (rate(cellbook_cell_storage_sync_seconds_count{outcome="failed"}[5m]))',
          },
        },
        {
          title: 'Since a cell heard whose rights have ended',
          about: 'Sixty seconds are promised.',
          unit: 's',
          lines: { '{{cell}}': 'cellbook_cell_standing_age_seconds' },
        },
        {
          title: 'Connections out of sandboxes',
          about: 'By how they ended.',
          unit: 'short',
          lines: {
            '{{result}}': 'sum by (result) (rate(cellbook_egress_connections_total[5m]))',
            unrecorded: 'sum(rate(cellbook_egress_unrecorded_total[5m]))',
          },
        },
      ],
    },
  ],
};
