/**
 * Situations, as the series a Prometheus would have, and which alerts fire in each: every alert in one at least, and
 * in its neighbour not. Values are in promtool's notation: `0+6x60` is 0, 6, 12 … sixty times.
 */
import { gpuCauseTable, gpuDays, gpuPromised } from './gpu-situations.ts';
import { type Cause, grows, type Promised, type Share, stays } from './series.ts';

export interface Situation {
  what: string;
  series: Record<string, string>;
  span: Span;
  fires: readonly string[];
  /** Of those, where each is to fire, and nothing else there: by the label `region`. Absent: it does not matter where. */
  firesIn?: Readonly<Record<string, readonly string[]>>;
}

/** Three days are long: values are further apart there, and the rules are looked at less often. */
export interface Span {
  /** When it is looked at; the series have to reach that far. */
  minutes: number;
  valueEveryMinutes: number;
  lookEveryMinutes: number;
}

const halfHour: Span = { minutes: 30, valueEveryMinutes: 1, lookEveryMinutes: 5 };
const hour: Span = { minutes: 70, valueEveryMinutes: 1, lookEveryMinutes: 5 };
const threeDays: Span = { minutes: 75 * 60, valueEveryMinutes: 5, lookEveryMinutes: 3 * 60 };
export const spans: readonly Span[] = [halfHour, hour, threeDays];

const up = (job: string) => `up{job="cellbook-${job}",instance="${job}-1"}`;
const allUp = (times: number): Record<string, string> =>
  Object.fromEntries(['edge', 'cell', 'host'].map((job) => [up(job), stays(1, times)]));

const http = (cell: string, status: number, name = 'count', le = '') =>
  `cellbook_cell_http_request_seconds_${name}{cell="${cell}",method="GET",route="/v1/workspaces",status="${status}"${le}}`;
const quickHttp = (cell: string, status: number) => http(cell, status, 'bucket', ',le="0.5"');
const step = (name: string, outcome: string) =>
  `cellbook_cell_lifecycle_step_seconds_count{cell="failing",step="${name}",outcome="${outcome}"}`;
const resumes = (cell: string, rung: string) =>
  `cellbook_cell_resume_seconds_count{cell="${cell}",rung="${rung}"}`;
const resumesWithin = (cell: string, rung: string, le: number) =>
  `cellbook_cell_resume_seconds_bucket{cell="${cell}",rung="${rung}",le="${le}"}`;
const asked = (status: number) => `cellbook_edge_requests_total{host="main",area="/v1",status="${status}"}`;

const promised: readonly Promised[] = [
  {
    alert: 'ApiErrors',
    series: (good, bad, times) => ({
      [http('errors', 200)]: grows(good, times),
      [quickHttp('errors', 200)]: grows(good, times),
      [http('errors', 503)]: grows(bad, times),
      [quickHttp('errors', 503)]: grows(bad, times),
    }),
    ...{ fast: [100, 5], slow: [1000, 2], fine: [2000, 1] },
  },
  {
    alert: 'ApiSlow',
    series: (good, bad, times) => ({
      [http('slow', 200)]: grows(good + bad, times),
      [quickHttp('slow', 200)]: grows(good, times),
    }),
    ...{ fast: [100, 30], slow: [1000, 20], fine: [1000, 5] },
  },
  {
    alert: 'EdgeErrors',
    series: (good, bad, times) => ({ [asked(200)]: grows(good, times), [asked(502)]: grows(bad, times) }),
    ...{ fast: [100, 5], slow: [1000, 2], fine: [2000, 1] },
  },
  {
    alert: 'ResumesFail',
    series: (good, bad, times) => ({
      [step('attach_files', 'ok')]: grows(good + bad, times),
      [step('start_sandbox', 'ok')]: grows(good, times),
      [step('start_sandbox', 'failed')]: grows(bad, times),
    }),
    ...{ fast: [10, 2], slow: [100, 1], fine: [1000, 1] },
  },
  {
    alert: 'ResumesSlow',
    series: (good, bad, times) => ({
      [resumes('crawling', 'memory')]: grows(good + bad, times),
      [resumesWithin('crawling', 'memory', 0.5)]: grows(good, times),
      [resumes('crawling', 'cold')]: grows(good, times),
      [resumesWithin('crawling', 'cold', 5)]: grows(good, times),
    }),
    ...{ fast: [1, 10], slow: [10, 2], fine: [100, 2] },
  },
  {
    alert: 'KernelStartsFail',
    series: (good, bad, times) => ({
      'cellbook_cell_kernel_starts_total{cell="kernels",outcome="started"}': grows(good, times),
      'cellbook_cell_kernel_starts_total{cell="kernels",outcome="failed"}': grows(bad, times),
    }),
    ...{ fast: [10, 4], slow: [100, 2], fine: [1000, 5] },
  },
  {
    alert: 'FilesNotStored',
    series: (good, bad, times) => ({
      'cellbook_cell_storage_sync_seconds_count{cell="files",host="a",outcome="ok"}': grows(good, times),
      'cellbook_cell_storage_sync_seconds_count{cell="files",host="a",outcome="failed"}': grows(bad, times),
    }),
    ...{ fast: [100, 5], slow: [1000, 2], fine: [2000, 1] },
  },
];

function allPromises(what: string, span: Span, shareOf: (one: Promised) => Share, ends: string[]): Situation {
  const times = span.minutes / span.valueEveryMinutes;
  const all = [...promised, ...gpuPromised];
  const series = all.map((one) => one.series(...shareOf(one), times));
  return {
    what,
    span,
    series: Object.assign(allUp(times), ...series),
    fires: all.flatMap(({ alert }) => ends.map((end) => `${alert}${end}`)),
  };
}

const promises: readonly Situation[] = [
  allPromises('each promise broken for an hour', hour, ({ fast }) => fast, ['BurnsFast', 'BurnsSlowly']),
  allPromises('a little too often for three days', threeDays, ({ slow }) => slow, ['BurnsSlowly']),
  allPromises('within its budget for three days', threeDays, ({ fine }) => fine, []),
  allPromises('all of too few events to say anything', hour, () => [0, 0.1], []),
];

const places = (state: string) => `cellbook_cell_sandboxes{cell="eu-1",state="${state}"}`;
const failures = (code: string) => `cellbook_cell_lifecycle_failures_total{cell="eu-1",code="${code}"}`;
const onHost = (operation: string, code: string) =>
  `cellbook_host_sandbox_failures_total{cell="eu-1",host="eu-1-a",operation="${operation}",code="${code}"}`;
const missed = (rung: string, cause: string) =>
  `cellbook_cell_resume_missed_total{cell="eu-1",rung="${rung}",cause="${cause}"}`;
const scanOf = (state: string) => `cellbook_host_image_scan{cell="eu-1",host="eu-1-a",state="${state}"}`;
const vulnerable = (grade: string) =>
  `cellbook_host_image_vulnerabilities{cell="eu-1",host="eu-1-a",grade="${grade}"}`;
const inPool = (what: string) => `cellbook_cell_pool_members{cell="eu-1",what="${what}"}`;
const deaths = (cause: string) => `cellbook_cell_kernel_deaths_total{cell="eu-1",cause="${cause}"}`;
const writes = (outcome: string) =>
  `cellbook_cell_notebook_output_writes_total{cell="eu-1",outcome="${outcome}"}`;
const egress = (result: string) =>
  `cellbook_egress_connections_total{cell="eu-1",host="eu-1-a",result="${result}"}`;

/** Resumes that keep what is promised of their speed. */
const inTime = (rung: 'memory' | 'cold', perMinute: number): Record<string, string> => ({
  [resumes('eu-1', rung)]: grows(perMinute, 30),
  [resumesWithin('eu-1', rung, { memory: 0.5, cold: 5 }[rung])]: grows(perMinute, 30),
});

/** Each over half an hour, in which everything answers unless it says otherwise. */
const causeTable: Cause[] = [
  ['ProgramDown', 'a host has not answered for minutes', { [up('host')]: '1x20 0x9' }],
  [null, 'a host was away for a minute', { [up('host')]: '1x24 0 1x5' }],
  ['CellUnreachable', 'requests do not get through', { cellbook_edge_cell_unreachable_total: grows(6, 30) }],
  [null, 'one request does not get through', { cellbook_edge_cell_unreachable_total: '0x20 1x9' }],
  [
    'SchedulerUnreachable',
    'nothing is heard of GPU jobs',
    { cellbook_edge_scheduler_unreachable_total: grows(6, 30) },
  ],
  [
    null,
    'one request does not get through to a scheduler',
    { cellbook_edge_scheduler_unreachable_total: '0x20 1x9' },
  ],
  ['UsersMisdirected', 'cells refuse users', { cellbook_edge_misdirected_total: grows(2, 30) }],
  [null, 'a user was moved', { cellbook_edge_misdirected_total: '0x20 2x9' }],
  [
    'PinEpochsDiffer',
    'an edge goes by old pins',
    {
      'cellbook_edge_pin_epoch{instance="a"}': stays(7, 30),
      'cellbook_edge_pin_epoch{instance="b"}': stays(6, 30),
    },
  ],
  [
    null,
    'edges have read new pins one after the other',
    {
      'cellbook_edge_pin_epoch{instance="a"}': '6x20 7x9',
      'cellbook_edge_pin_epoch{instance="b"}': '6x26 7x3',
    },
  ],
  [
    'PlacesShort',
    'nearly every place is in use',
    {
      [places('live')]: stays(88, 30),
      [places('frozen')]: stays(0, 30),
      [places('starting')]: stays(2, 30),
      [places('capacity')]: stays(100, 30),
    },
  ],
  [
    null,
    'places are held by frozen ones, which give way',
    {
      [places('live')]: stays(89, 30),
      [places('frozen')]: stays(50, 30),
      [places('starting')]: stays(2, 30),
      [places('capacity')]: stays(100, 30),
    },
  ],
  ['PlacesGone', 'people are turned away', { [failures('capacity_exhausted')]: grows(1, 30) }],
  ['NoPlaces', 'no host answers its cell', { [places('capacity')]: '10x20 0x9' }],
  ['ActionsFail', 'a store is away', { [failures('store_unavailable')]: grows(2, 30) }],
  [null, 'a few actions failed', { [failures('store_unavailable')]: '0x20 5x9' }],
  ['SnapshotsFail', 'images do not fit', { [onHost('restore', 'snapshot_incompatible')]: grows(1, 30) }],
  [null, 'boots fail, which resumes tell of', { [onHost('start', 'sandbox_unavailable')]: grows(1, 30) }],
  [
    'MemoryLost',
    'images are gone',
    { [missed('memory', 'gone')]: grows(1, 30), ...inTime('cold', 1), ...inTime('memory', 1) },
  ],
  [
    null,
    'people were away too long, or come for the first time',
    {
      [missed('memory', 'expired')]: grows(1, 30),
      [missed('memory', 'first_start')]: grows(1, 30),
      ...inTime('cold', 2),
    },
  ],
  [
    'PoolShort',
    'sandboxes are asked for faster than they are made ready',
    { [inPool('ready')]: stays(1, 30), [inPool('wanted')]: stays(4, 30) },
  ],
  [null, 'the pool is half full', { [inPool('ready')]: stays(2, 30), [inPool('wanted')]: stays(4, 30) }],
  [null, 'the pool is switched off', { [inPool('ready')]: stays(0, 30), [inPool('wanted')]: stays(0, 30) }],
  [
    'PoolImageRolledBack',
    'members of a new image crash',
    { 'cellbook_cell_pool_rollbacks_total{cell="eu-1",because="crashes"}': '0x9 1x20' },
  ],
  [
    'ImageNotScanned',
    'the list of vulnerabilities is not reached',
    { [scanOf('not_scanned')]: stays(1, 30) },
  ],
  [null, 'an image is clean', { [scanOf('clean')]: stays(1, 30), [scanOf('stale')]: stays(0, 30) }],
  ['ImageVulnerable', 'something critical becomes known', { [vulnerable('critical')]: '0x9 1x20' }],
  [null, 'nothing critical is known', { [vulnerable('high')]: stays(3, 30) }],
  ['KernelsDie', 'sandboxes crash', { [deaths('SandboxDied')]: grows(1, 30) }],
  [null, 'people use more memory than they have', { [deaths('OutOfMemory')]: grows(5, 30) }],
  ['OutputOfClosedTabsLost', 'notebooks are not written', { [writes('failed')]: grows(1, 30) }],
  [null, 'notebooks are written', { [writes('written')]: grows(9, 30) }],
  ['RightsStale', 'the edge is not heard', { 'cellbook_cell_standing_age_seconds{cell="eu-1"}': '0+60x30' }],
  [null, 'the edge is heard', { 'cellbook_cell_standing_age_seconds{cell="eu-1"}': stays(21, 30) }],
  [
    'EgressUnrecorded',
    'one sandbox asks without end',
    { 'cellbook_egress_unrecorded_total{cell="eu-1",host="eu-1-a"}': grows(60, 30) },
  ],
  [
    'EgressUnreachable',
    'the name server is away',
    { [egress('unresolved')]: grows(2, 30), [egress('ok')]: grows(2, 30) },
  ],
  [
    null,
    'what is asked for is not allowed',
    { [egress('not_allowed')]: grows(20, 30), [egress('ok')]: grows(1, 30) },
  ],
  [
    'EventLoopBlocked',
    'a controller is late',
    { 'nodejs_eventloop_lag_p99_seconds{job="cellbook-cell",instance="cell-1"}': stays(0.4, 30) },
  ],
  [
    null,
    'a controller was late once',
    { 'nodejs_eventloop_lag_p99_seconds{job="cellbook-cell",instance="cell-1"}': '0.02x24 3 0.02x5' },
  ],
];

/** All in one, since promtool takes half a second for each: every cause in a region of its own, which is named for it. */
function regions(what: string, span: Span, table: readonly Cause[]): Situation {
  const of = (region: string, series: Record<string, string>) =>
    Object.entries(series).map(([name, values]) => [
      name.replace('region="eu"', `region="${region}"`),
      values,
    ]);
  const firesIn = Object.fromEntries(
    table.map(([alert, region]) => [region, alert === null ? [] : [alert].flat()]),
  );
  return {
    ...{ what, span, firesIn, fires: Object.values(firesIn).flat() },
    series: {
      ...allUp(span.minutes / span.valueEveryMinutes),
      ...Object.fromEntries(table.flatMap(([, region, series]) => of(region, series))),
    },
  };
}

export const situations: readonly Situation[] = [
  ...promises,
  ...causeTable.map(([alert, what, series]) => ({
    what,
    span: halfHour,
    series: { ...allUp(halfHour.minutes), ...series },
    fires: alert === null ? [] : [alert].flat(),
  })),
  regions('GPU regions over half an hour', halfHour, gpuCauseTable),
  regions('GPU regions over three days', threeDays, gpuDays),
  {
    what: 'the scrape of the hosts was forgotten',
    series: { [up('edge')]: stays(1, 30), [up('cell')]: stays(1, 30) },
    span: halfHour,
    fires: ['ProgramsUnwatched'],
  },
];
