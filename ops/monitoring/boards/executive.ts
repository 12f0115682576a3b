/** For who answers for the service: are promises kept, how many are there, how fast do they get back. */
import { type Slo, slos } from '../slos.ts';
import type { Board, Panel } from './board.ts';

/** How far a promise was kept, where it was kept worst. */
export const kept = ({ name, objective, promise }: Slo, where: 'cell' | 'region'): Panel => ({
  title: promise.charAt(0).toUpperCase() + promise.slice(1),
  about: `Promised: ${Number((objective * 100).toFixed(2))} % of 30 days. Shown: the worst ${where}.`,
  unit: 'percentunit',
  isStat: true,
  lines: { kept: `1 - max(cellbook:${name}:bad_ratio_3d)` },
});

export const executive: Board = {
  name: 'executive',
  title: 'Cellbook: promises',
  rows: [
    {
      title: 'Promises, over three days',
      panels: slos.map((slo) => kept(slo, 'cell')),
    },
    {
      title: 'Use',
      panels: [
        {
          title: 'Workspaces that run',
          about: 'Sandboxes that are not frozen.',
          unit: 'short',
          lines: {
            '{{region}}':
              'sum by (region) (cellbook_cell_sandboxes{state="live"}) - sum by (region) (cellbook_cell_sandboxes{state="frozen"})',
          },
        },
        {
          title: 'Places in use',
          about: 'Of all places for sandboxes; those that are frozen give way.',
          unit: 'percentunit',
          lines: {
            '{{cell}}':
              '(sum by (cell) (cellbook_cell_sandboxes{state=~"live|starting"}) - sum by (cell) (cellbook_cell_sandboxes{state="frozen"})) / sum by (cell) (cellbook_cell_sandboxes{state="capacity"})',
          },
        },
        {
          title: 'Open tabs',
          about: 'Sockets of kernels, terminals and events.',
          unit: 'short',
          lines: { '{{region}}': 'sum by (region) (cellbook_cell_sockets)' },
        },
      ],
    },
    {
      title: 'Coming back',
      panels: [
        {
          title: 'Resumes by rung',
          about: 'How many a minute came back with their variables (live, memory), and how many without.',
          unit: 'short',
          lines: { '{{rung}}': 'sum by (rung) (rate(cellbook_cell_resume_seconds_count[10m])) * 60' },
        },
        {
          title: 'Time to come back, 95 of 100',
          about: 'By rung.',
          unit: 's',
          lines: {
            '{{rung}}':
              'histogram_quantile(0.95, sum by (rung, le) (rate(cellbook_cell_resume_seconds_bucket[10m])))',
          },
        },
      ],
    },
  ],
};
