/**
 * Alerts on causes in a GPU region. Every instance of a scheduler tells of its own copy of the state: of gauges the
 * greatest of a region counts; counters of events are counted by leaders alone, and summed.
 */
import type { Alert } from '../alert.ts';

const s = 'cellbook_scheduler';
const most = (by: string, expr: string): string => `max by (${by}) (${expr})`;
const rise = (by: string, expr: string, window: string): string =>
  `sum by (${by}) (increase(${expr}[${window}]))`;

const share = (what: string): string => most('region, tier', `${s}_tier_gpus{what="${what}"}`);
const hosts = (phase: string): string => most('region', `${s}_hosts{phase="${phase}"}`);
const allHosts = `sum by (region) (max by (region, phase) (${s}_hosts))`;
const free = (disk: string): string => `${disk}{what="free"} / ignoring (what) ${disk}{what="size"} < 0.1`;

const scheduling: readonly Alert[] = [
  {
    name: 'GpuLeaderless',
    expr: `${most('region', `${s}_leads`)} == 0`,
    ...{ forMinutes: 1, severity: 'page', runbook: 'gpu-leader' },
    summary: 'Nobody leads the GPUs of {{ $labels.region }}: what runs goes on, nothing new starts.',
  },
  {
    name: 'GpuLeaderChanges',
    expr: `${most('region', `changes(${s}_epoch[30m])`)} > 3`,
    ...{ forMinutes: 0, severity: 'ticket', runbook: 'gpu-leader' },
    summary: 'The lead of {{ $labels.region }} changes hands again and again.',
  },
  {
    name: 'GpuQueueStuck',
    expr:
      `${most('region, tier', `${s}_queue_oldest_seconds`)} > 3 * ${most('region, tier', `${s}_start_target_seconds`)} and ` +
      `${rise('region, tier', `${s}_jobs_placed_total`, '15m')} == 0`,
    ...{ forMinutes: 5, severity: 'page', runbook: 'gpu-queue' },
    summary:
      'Jobs of tier {{ $labels.tier }} wait in {{ $labels.region }}, and none has been placed for long.',
  },
  {
    name: 'GpuShedding',
    expr: `${rise('region, tier', `${s}_submissions_total{outcome="capacity_exhausted",tier=~"paid|enterprise"}`, '10m')} > 10`,
    ...{ forMinutes: 0, severity: 'page', runbook: 'gpu-queue' },
    summary: 'Jobs of tier {{ $labels.tier }} are turned away in {{ $labels.region }}: too much waits.',
  },
  {
    name: 'GpuFloorStarved',
    expr: `${share('held')} < 0.9 * floor(${share('owed')})`,
    ...{ forMinutes: 15, severity: 'page', runbook: 'gpu-floor' },
    summary:
      'Tier {{ $labels.tier }} in {{ $labels.region }} holds less than its floor, and has jobs that wait.',
  },
  {
    name: 'GpuPreemptionStorm',
    expr:
      `${rise('region', `${s}_preemptions_total{cause!="host"}`, '15m')} > 20 and ` +
      `${rise('region', `${s}_preemptions_total{cause!="host"}`, '15m')} > 0.5 * ${rise('region', `${s}_jobs_placed_total`, '15m')}`,
    ...{ forMinutes: 5, severity: 'ticket', runbook: 'gpu-preemption' },
    summary: 'In {{ $labels.region }} a job is stopped for every two that start.',
  },
  {
    // Of one offer, not of all together: where jobs are handed over all the time, some are always under way.
    name: 'GpuSpillsUnanswered',
    expr: `${most('region', `${s}_spill_oldest_seconds`)} > 300`,
    ...{ forMinutes: 1, severity: 'ticket', runbook: 'gpu-spills' },
    summary: 'A job of {{ $labels.region }} is offered to a region that does not answer: it runs nowhere.',
  },
  {
    name: 'GpuQueueNotCopied',
    expr:
      `${rise('region', `${s}_copies_refused_total`, '1h')} > 0 or ` +
      `${rise('region', `${s}_guardian_misheard_total`, '15m')} > 3 or ` +
      `${rise('region', `${s}_copies_unread_total`, '1h')} > 0`,
    ...{ forMinutes: 0, severity: 'ticket', runbook: 'gpu-guardian' },
    summary: '{{ $labels.region }} and the region that guards its queue do not understand each other.',
  },
  {
    name: 'GpuQueueUnguarded',
    expr: `${most('region', `${s}_queue_unguarded`)} > 0`,
    ...{ forMinutes: 5, severity: 'ticket', runbook: 'gpu-guardian' },
    summary:
      'No other region guards the queue of {{ $labels.region }}: if the region is lost, what waits in it waits with it.',
  },
];

const failing: readonly Alert[] = [
  {
    name: 'GpuDeadLetters',
    expr: `${rise('region, class', `${s}_dead_letters_total`, '30m')} > 5`,
    ...{ forMinutes: 0, severity: 'ticket', runbook: 'gpu-dead-letters' },
    summary: 'Jobs of {{ $labels.region }} are given up ({{ $labels.class }}).',
  },
  {
    name: 'GpuClassContained',
    expr: `${most('region, limit', `${s}_limited_classes{limit=~"isolated|refused"}`)} > 0`,
    ...{ forMinutes: 0, severity: 'ticket', runbook: 'gpu-contained' },
    summary: 'In {{ $labels.region }} a class of prompts hangs and is {{ $labels.limit }}.',
  },
  {
    name: 'GpuVersionRolledBack',
    expr: `${rise('region', `${s}_rollout_steps_total{step="rolled_back"}`, '1h')} > 0`,
    ...{ forMinutes: 0, severity: 'ticket', runbook: 'gpu-rollout' },
    summary: 'A new version of a program was rolled back in {{ $labels.region }}.',
  },
  {
    name: 'GpuHostsQuarantined',
    expr: `${hosts('quarantined')} > 0`,
    ...{ forMinutes: 0, severity: 'ticket', runbook: 'gpu-hosts' },
    summary: 'A GPU host of {{ $labels.region }} fails what others do, and is quarantined.',
  },
  {
    name: 'GpuDevicesIll',
    expr: 'sum by (region, host, cause) (cellbook_gpu_agent_ill_devices) > 0',
    ...{ forMinutes: 5, severity: 'ticket', runbook: 'gpu-hosts' },
    summary: 'GPUs of {{ $labels.host }} must not be used ({{ $labels.cause }}).',
  },
  {
    name: 'GpuEndsSetAside',
    expr: `${rise('region', `${s}_ends_set_aside_total`, '1h')} > 0`,
    ...{ forMinutes: 0, severity: 'ticket', runbook: 'gpu-ends' },
    summary: 'The end of a job of {{ $labels.region }} could not be kept as it was.',
  },
];

const hearing: readonly Alert[] = [
  {
    name: 'GpuHostsSilent',
    expr: `${hosts('silent')} > 0`,
    ...{ forMinutes: 2, severity: 'ticket', runbook: 'gpu-silent' },
    summary: 'GPU hosts of {{ $labels.region }} have not been heard for a whole lease.',
  },
  {
    name: 'GpuRegionSilent',
    expr: `${hosts('silent')} > 0.2 * ${allHosts} and ${hosts('silent')} > 1`,
    ...{ forMinutes: 1, severity: 'page', runbook: 'gpu-silent' },
    summary: 'More than a fifth of the GPU hosts of {{ $labels.region }} are not heard.',
  },
  {
    name: 'GpuLeasesExpire',
    expr: `${rise('region', `${s}_lease_expiries_total`, '15m')} > 3`,
    ...{ forMinutes: 0, severity: 'ticket', runbook: 'gpu-silent' },
    summary: 'Attempts in {{ $labels.region }} are given up since their hosts are not heard.',
  },
  {
    name: 'GpuAgentUnanswered',
    expr: 'cellbook_gpu_agent_unanswered_seconds > 45',
    ...{ forMinutes: 1, severity: 'page', runbook: 'gpu-silent' },
    summary: 'No scheduler answers {{ $labels.host }}: what runs there stops before its lease ends.',
  },
  {
    name: 'GpuAgentDown',
    expr: 'up{job="cellbook-gpu-agent"} == 0',
    ...{ forMinutes: 5, severity: 'ticket', runbook: 'gpu-silent' },
    summary: 'The agent of {{ $labels.host }} does not answer.',
  },
  {
    name: 'GpuAgentsUnwatched',
    expr: 'group by (region) (up{job="cellbook-scheduler"}) unless on (region) up{job="cellbook-gpu-agent"}',
    ...{ forMinutes: 10, severity: 'ticket', runbook: 'gpu-silent' },
    summary: 'Prometheus has no GPU agent of {{ $labels.region }} as target.',
  },
];

const record: readonly Alert[] = [
  {
    name: 'GpuLogSlow',
    expr: `histogram_quantile(0.99, sum by (region, le) (rate(${s}_append_seconds_bucket{outcome="ok"}[10m]))) > 0.25`,
    ...{ forMinutes: 5, severity: 'ticket', runbook: 'gpu-log' },
    summary: 'Commits of the log of {{ $labels.region }} take more than a quarter of a second (p99).',
  },
  {
    name: 'GpuLogFails',
    expr: `${rise('region, outcome', `${s}_append_seconds_count{outcome!~"ok|stale_epoch"}`, '10m')} > 3`,
    ...{ forMinutes: 0, severity: 'page', runbook: 'gpu-log' },
    summary: 'The log of {{ $labels.region }} cannot be written ({{ $labels.outcome }}): nothing is decided.',
  },
  {
    name: 'GpuDiskShort',
    expr: `${free(`${s}_disk_bytes`)} or ${free('cellbook_gpu_agent_disk_bytes')}`,
    ...{ forMinutes: 5, severity: 'ticket', runbook: 'gpu-disk' },
    summary: 'Less than a tenth of a disk of {{ $labels.instance }} ({{ $labels.job }}) is free.',
  },
  {
    name: 'GpuUploadsFail',
    expr: `${rise('region', `${s}_http_request_seconds_count{route=~"/agent/v1/objects.*",status=~"5.."}`, '10m')} > 10`,
    ...{ forMinutes: 0, severity: 'ticket', runbook: 'gpu-uploads' },
    summary: 'Results and checkpoints cannot be stored in {{ $labels.region }}.',
  },
  {
    name: 'GpuRatesDegraded',
    // Counted once for each time that Redis is left alone for.
    expr: `${rise('region', `${s}_rates_degraded_total`, '10m')} > 2`,
    ...{ forMinutes: 0, severity: 'ticket', runbook: 'gpu-rates' },
    summary: 'Submissions in {{ $labels.region }} are counted in Postgres: Redis does not answer.',
  },
];

const tries = `${s}_webhook_tries_total`;
const told = `${s}_webhook_organisations_total`;

const telling: readonly Alert[] = [
  {
    // Of organisations, however many tries each has, and of several: what is wrong is here, or on the way out.
    name: 'GpuWebhooksFail',
    expr:
      `${most('region', `increase(${told}{outcome="missed"}[20m])`)} > 2.5 and ` +
      `${rise('region', `${told}{outcome="reached"}`, '20m')} < 0.1 * ${rise('region', told, '20m')}`,
    ...{ forMinutes: 15, severity: 'ticket', runbook: 'gpu-webhooks' },
    summary: 'Of the organisations of {{ $labels.region }} with webhooks hardly one in ten is reached.',
  },
  {
    // Of an organisation that has all the tries it may have at once the others are overdue: that is its receiver.
    name: 'GpuWebhooksLate',
    expr: `${most('region', `${s}_webhook_overdue_seconds`)} > 600 and ${rise('region', tries, '15m')} < 1`,
    ...{ forMinutes: 5, severity: 'ticket', runbook: 'gpu-webhooks' },
    summary: 'Webhooks of {{ $labels.region }} are due, and nobody sends them.',
  },
  {
    name: 'GpuWebhooksGivenUp',
    expr: `${rise('region', `${tries}{outcome="given_up"}`, '1h')} > 20`,
    ...{ forMinutes: 0, severity: 'ticket', runbook: 'gpu-webhooks' },
    summary: 'Webhooks of {{ $labels.region }} are given up after hours of trying.',
  },
];

const judged = `${s}_predictions_judged_total`;
const passed = `${judged}{bound="passed"}`;
const spent = `${s}_spend_micros_total`;
/** Of the account's unit: what an hour must cost to be worth a look. */
const spendMicrosMin = 100_000_000;

const estimates: readonly Alert[] = [
  {
    name: 'GpuPredictionsDrift',
    expr: `${most('region', `increase(${s}_prediction_news_total{type="drifted"}[1h])`)} > 0`,
    ...{ forMinutes: 0, severity: 'ticket', runbook: 'gpu-predictions' },
    summary: 'Jobs in {{ $labels.region }} run otherwise than they did when runtimes were learned.',
  },
  {
    name: 'GpuBoundsPassed',
    expr:
      `${rise('region', passed, '6h')} > 0.15 * ${rise('region', judged, '6h')} and ` +
      `${rise('region', judged, '6h')} > 100`,
    ...{ forMinutes: 30, severity: 'ticket', runbook: 'gpu-predictions' },
    summary:
      'In {{ $labels.region }} more than 15 of 100 jobs run longer than their bound, which is to hold for 95.',
  },
  {
    name: 'GpuSpendJumps',
    expr:
      `${rise('region', spent, '1h')} > 4 * sum by (region) (increase(${spent}[1h] offset 1d)) and ` +
      `${rise('region', spent, '1h')} > ${spendMicrosMin}`,
    ...{ forMinutes: 0, severity: 'ticket', runbook: 'gpu-spend' },
    summary:
      'In {{ $labels.region }} this hour costs more than four times what the same hour cost yesterday.',
  },
  {
    name: 'GpuSpendRefused',
    expr: `${rise('region, tier', `${s}_submissions_total{outcome="spend_cap_reached"}`, '30m')} > 20`,
    ...{ forMinutes: 0, severity: 'ticket', runbook: 'gpu-spend' },
    summary:
      'Organisations of tier {{ $labels.tier }} in {{ $labels.region }} have reached their spend caps.',
  },
];

export const gpuCauses: readonly Alert[] = [
  ...[...scheduling, ...failing, ...hearing, ...record],
  ...[...telling, ...estimates],
];
