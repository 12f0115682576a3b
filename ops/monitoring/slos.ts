/**
 * What users are promised, as shares of good events over 30 days. Each becomes recording rules and two alerts by
 * how fast its budget burns (burn-rate.ts). `bad` and `total` are rates over a window, summed by the same labels.
 */
export interface Slo {
  /** In metric names: `cellbook:<name>:bad_ratio_1h`. */
  name: string;
  /** In alert names: `<alert>BurnsFast`, `<alert>BurnsSlowly`. */
  alert: string;
  objective: number;
  /** A cell of a thousand is not to drown in the others, nor a region's GPUs. */
  by: 'cell' | 'region' | null;
  bad(window: string): string;
  total(window: string): string;
  /** Fewer events than this in an hour say nothing: one failure of three is no trend. */
  eventsPerHourMin: number;
  promise: string;
  runbook: string;
}

const byCell = (expr: string): string => `sum by (cell) (${expr})`;

/** Those asked by machines every few seconds would hide what users see. */
const requests = 'route!~"/healthz|/readyz|/metrics"';

/** Lists and single workspaces: nothing that waits for a resume, a file or a stream. */
const quickReads = 'method="GET",route=~"/v1/workspaces(/:workspaceId)?"';

const stepsOfResume = 'step=~"attach_files|start_sandbox|inject_secrets|announce_running"';

/** By rung, the bucket at or next above what its benchmark is held to (95 of 100). */
export const resumeSecondsMax = { live: 0.2, memory: 0.5, 'memory-remote': 2.5, files: 0.35, cold: 5 };

const resumesInTime = (window: string): string =>
  Object.entries(resumeSecondsMax)
    .map(([rung, le]) => `rate(cellbook_cell_resume_seconds_bucket{rung="${rung}",le="${le}"}[${window}])`)
    .join(' or ');

export const slos: readonly Slo[] = [
  {
    ...{ name: 'api_availability', alert: 'ApiErrors', objective: 0.999, by: 'cell', eventsPerHourMin: 50 },
    bad: (w) => byCell(`rate(cellbook_cell_http_request_seconds_count{${requests},status=~"5.."}[${w}])`),
    total: (w) => byCell(`rate(cellbook_cell_http_request_seconds_count{${requests}}[${w}])`),
    promise: 'requests to a cell are answered without an error of ours',
    runbook: 'api-errors',
  },
  {
    ...{ name: 'api_latency', alert: 'ApiSlow', objective: 0.99, by: 'cell', eventsPerHourMin: 50 },
    bad: (w) =>
      `${byCell(`rate(cellbook_cell_http_request_seconds_count{${quickReads}}[${w}])`)} - ` +
      byCell(`rate(cellbook_cell_http_request_seconds_bucket{${quickReads},le="0.5"}[${w}])`),
    total: (w) => byCell(`rate(cellbook_cell_http_request_seconds_count{${quickReads}}[${w}])`),
    promise: 'workspaces are listed and read within half a second',
    runbook: 'api-slow',
  },
  {
    ...{ name: 'edge_availability', alert: 'EdgeErrors', objective: 0.999, by: null, eventsPerHourMin: 50 },
    bad: (w) => `sum(rate(cellbook_edge_requests_total{status=~"5.."}[${w}]))`,
    total: (w) => `sum(rate(cellbook_edge_requests_total[${w}]))`,
    promise: 'whatever is asked of the edge is answered without an error of ours',
    runbook: 'edge-errors',
  },
  {
    ...{ name: 'resume_success', alert: 'ResumesFail', objective: 0.995, by: 'cell', eventsPerHourMin: 10 },
    bad: (w) =>
      byCell(`rate(cellbook_cell_lifecycle_step_seconds_count{${stepsOfResume},outcome="failed"}[${w}])`),
    total: (w) => byCell(`rate(cellbook_cell_lifecycle_step_seconds_count{step="attach_files"}[${w}])`),
    promise: 'an attempt to resume a workspace succeeds',
    runbook: 'resumes-fail',
  },
  {
    ...{ name: 'resume_speed', alert: 'ResumesSlow', objective: 0.95, by: 'cell', eventsPerHourMin: 10 },
    bad: (w) => `${byCell(`rate(cellbook_cell_resume_seconds_count[${w}])`)} - ${byCell(resumesInTime(w))}`,
    total: (w) => byCell(`rate(cellbook_cell_resume_seconds_count[${w}])`),
    promise: 'a resume takes no longer than its rung is held to',
    runbook: 'resumes-slow',
  },
  {
    ...{
      name: 'kernel_starts',
      alert: 'KernelStartsFail',
      objective: 0.99,
      by: 'cell',
      eventsPerHourMin: 10,
    },
    bad: (w) => byCell(`rate(cellbook_cell_kernel_starts_total{outcome="failed"}[${w}])`),
    total: (w) => byCell(`rate(cellbook_cell_kernel_starts_total[${w}])`),
    promise: 'a kernel that is asked for starts',
    runbook: 'kernel-starts-fail',
  },
  {
    ...{ name: 'files_stored', alert: 'FilesNotStored', objective: 0.999, by: 'cell', eventsPerHourMin: 50 },
    bad: (w) => byCell(`rate(cellbook_cell_storage_sync_seconds_count{outcome="failed"}[${w}])`),
    total: (w) => byCell(`rate(cellbook_cell_storage_sync_seconds_count[${w}])`),
    promise: 'what code writes is stored off its host within seconds',
    runbook: 'files-not-stored',
  },
];
