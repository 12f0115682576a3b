/**
 * Alerts on causes: what breaks a promise before a ratio shows it, and what no ratio shows. Each names its cell,
 * host or program by the labels of its target.
 */
import type { Alert } from './alert.ts';

const places = 'cellbook_cell_sandboxes';
const pool = 'cellbook_cell_pool_members';

/** What people use or wait for; those that are frozen give way. */
const placesInUse = `(sum by (cell) (${places}{state=~"live|starting"}) - sum by (cell) (${places}{state="frozen"}))`;

/** The promise of sixty seconds (shared/src/limits/standing.ts). */
const standingSecondsMax = 60;

const failuresOfMemory = 'cause=~"failed|slow|gone|incompatible"';

export const causes: readonly Alert[] = [
  {
    name: 'ProgramDown',
    expr: 'up{job=~"cellbook-(edge|cell|host|scheduler)"} == 0',
    ...{ forMinutes: 2, severity: 'page', runbook: 'program-down' },
    summary: '{{ $labels.instance }} ({{ $labels.job }}) does not answer.',
  },
  {
    name: 'ProgramsUnwatched',
    expr: ['edge', 'cell', 'host'].map((job) => `absent(up{job="cellbook-${job}"})`).join(' or '),
    ...{ forMinutes: 10, severity: 'ticket', runbook: 'program-down' },
    summary: 'Prometheus has no target of {{ $labels.job }}: nothing of it can raise an alert.',
  },
  {
    name: 'CellUnreachable',
    expr: 'sum(rate(cellbook_edge_cell_unreachable_total[5m])) > 0.05',
    ...{ forMinutes: 2, severity: 'page', runbook: 'cell-unreachable' },
    summary: 'The edge does not reach a cell: its users are turned away.',
  },
  {
    name: 'SchedulerUnreachable',
    expr: 'sum(rate(cellbook_edge_scheduler_unreachable_total[5m])) > 0.05',
    ...{ forMinutes: 2, severity: 'page', runbook: 'scheduler-unreachable' },
    summary: 'The edge does not reach a scheduler of GPU jobs: no job of its region is taken or told of.',
  },
  {
    name: 'UsersMisdirected',
    expr: 'sum(increase(cellbook_edge_misdirected_total[15m])) > 10',
    ...{ forMinutes: 0, severity: 'ticket', runbook: 'pins-differ' },
    summary: 'Cells refuse users as not their own: edge and cells go by different pins.',
  },
  {
    name: 'PinEpochsDiffer',
    expr: 'max(cellbook_edge_pin_epoch) - min(cellbook_edge_pin_epoch) > 0',
    ...{ forMinutes: 15, severity: 'ticket', runbook: 'pins-differ' },
    summary: 'Edges have gone by different pins for a quarter of an hour.',
  },
  {
    name: 'PlacesShort',
    expr: `${placesInUse} / (sum by (cell) (${places}{state="capacity"}) > 0) > 0.85`,
    ...{ forMinutes: 10, severity: 'ticket', runbook: 'places-short' },
    summary: 'More than 85 of 100 places for sandboxes in {{ $labels.cell }} are in use.',
  },
  {
    name: 'PlacesGone',
    expr: `sum by (cell) (increase(cellbook_cell_lifecycle_failures_total{code="capacity_exhausted"}[10m])) > 3`,
    ...{ forMinutes: 0, severity: 'page', runbook: 'places-short' },
    summary: 'People are turned away from {{ $labels.cell }}: no place for a sandbox is free.',
  },
  {
    name: 'NoPlaces',
    expr: `sum by (cell) (${places}{state="capacity"}) == 0`,
    ...{ forMinutes: 5, severity: 'page', runbook: 'no-places' },
    summary: 'No host of {{ $labels.cell }} answers it: it has no place to run anything.',
  },
  {
    name: 'ActionsFail',
    expr: 'sum by (cell, code) (increase(cellbook_cell_lifecycle_failures_total{code!="capacity_exhausted"}[15m])) > 10',
    ...{ forMinutes: 5, severity: 'ticket', runbook: 'actions-fail' },
    summary: 'Actions on workspaces of {{ $labels.cell }} fail, again and again, with {{ $labels.code }}.',
  },
  {
    name: 'SnapshotsFail',
    expr: 'sum by (cell, operation, code) (increase(cellbook_host_sandbox_failures_total{operation=~"freeze|thaw|checkpoint|restore|restore_member|claim"}[30m])) > 5',
    ...{ forMinutes: 5, severity: 'ticket', runbook: 'snapshots-fail' },
    summary:
      'On hosts of {{ $labels.cell }} {{ $labels.operation }} fails with {{ $labels.code }}: people lose variables.',
  },
  {
    name: 'MemoryLost',
    expr:
      `sum by (cell) (increase(cellbook_cell_resume_missed_total{rung=~"live|memory",${failuresOfMemory}}[1h])) > 5 and ` +
      `sum by (cell) (increase(cellbook_cell_resume_missed_total{rung=~"live|memory",${failuresOfMemory}}[1h])) > 0.05 * ` +
      'sum by (cell) (increase(cellbook_cell_resume_seconds_count[1h]))',
    ...{ forMinutes: 5, severity: 'ticket', runbook: 'snapshots-fail' },
    summary: 'More than 5 of 100 resumes in {{ $labels.cell }} do not bring back memory that was kept.',
  },
  {
    name: 'PoolShort',
    expr: `sum by (cell) (${pool}{what="ready"}) < 0.5 * sum by (cell) (${pool}{what="wanted"})`,
    ...{ forMinutes: 10, severity: 'ticket', runbook: 'pool' },
    summary:
      'In {{ $labels.cell }} less than half of the sandboxes are ready that are expected to be asked for.',
  },
  {
    name: 'PoolImageRolledBack',
    expr: 'sum by (cell, because) (increase(cellbook_cell_pool_rollbacks_total[1h])) > 0',
    ...{ forMinutes: 0, severity: 'ticket', runbook: 'pool' },
    summary: 'A new image of {{ $labels.cell }} was rolled back for its {{ $labels.because }}.',
  },
  {
    name: 'ImageNotScanned',
    expr: 'max by (cell, host, state) (cellbook_host_image_scan{state=~"stale|not_scanned|never_scanned"}) > 0',
    ...{ forMinutes: 10, severity: 'ticket', runbook: 'image-scan' },
    summary: 'What is known against the image of {{ $labels.host }} is not known here: {{ $labels.state }}.',
  },
  {
    name: 'ImageVulnerable',
    expr: 'max by (cell, host) (cellbook_host_image_vulnerabilities{grade="critical"}) > 0',
    ...{ forMinutes: 10, severity: 'ticket', runbook: 'image-scan' },
    summary: 'The image of {{ $labels.host }} has vulnerabilities that are rated critical.',
  },
  {
    name: 'KernelsDie',
    expr: 'sum by (cell, cause) (increase(cellbook_cell_kernel_deaths_total{cause=~"KernelDied|SandboxDied"}[15m])) > 10',
    ...{ forMinutes: 0, severity: 'ticket', runbook: 'kernels-die' },
    summary: 'Many kernels of {{ $labels.cell }} end unasked ({{ $labels.cause }}).',
  },
  {
    name: 'OutputOfClosedTabsLost',
    expr: 'sum by (cell) (increase(cellbook_cell_notebook_output_writes_total{outcome="failed"}[30m])) > 5',
    ...{ forMinutes: 0, severity: 'ticket', runbook: 'output-lost' },
    summary: 'In {{ $labels.cell }} outputs are not written into the notebooks of closed tabs.',
  },
  {
    name: 'RightsStale',
    expr: `cellbook_cell_standing_age_seconds > ${standingSecondsMax}`,
    ...{ forMinutes: 2, severity: 'page', runbook: 'rights-stale' },
    summary: '{{ $labels.cell }} does not hear whose rights have ended: open sockets outlive a sign-out.',
  },
  {
    name: 'EgressUnrecorded',
    expr: 'sum by (cell, host) (increase(cellbook_egress_unrecorded_total[15m])) > 100',
    ...{ forMinutes: 0, severity: 'ticket', runbook: 'egress' },
    summary: 'On {{ $labels.host }} connections are turned away without a record.',
  },
  {
    name: 'EgressUnreachable',
    expr:
      'sum by (cell, host) (rate(cellbook_egress_connections_total{result=~"unresolved|unreachable"}[10m])) > 0.2 * ' +
      'sum by (cell, host) (rate(cellbook_egress_connections_total[10m])) and ' +
      'sum by (cell, host) (increase(cellbook_egress_connections_total[10m])) > 10',
    ...{ forMinutes: 5, severity: 'ticket', runbook: 'egress' },
    summary: 'From {{ $labels.host }} what is allowed is not reached: pip install fails.',
  },
  {
    name: 'EventLoopBlocked',
    expr: 'nodejs_eventloop_lag_p99_seconds{job=~"cellbook-(cell|host|scheduler)"} > 0.25',
    ...{ forMinutes: 10, severity: 'ticket', runbook: 'event-loop-blocked' },
    summary: '{{ $labels.instance }} ({{ $labels.job }}) is late by a quarter of a second, for ten minutes.',
  },
];
