/** For who looks for what holds a GPU region: its leader's turns, its record, its placements, its predictions, its agents. */
import type { Board } from '../boards/board.ts';

const s = 'cellbook_scheduler';
const a = 'cellbook_gpu_agent';
const quantile = (q: number, metric: string, by: string, window = '10m'): string =>
  `histogram_quantile(${q}, sum by (${by}, le) (rate(${metric}_bucket[${window}])))`;

export const gpuDebug: Board = {
  name: 'gpu-debug',
  title: 'Cellbook GPUs: debug',
  rows: [
    {
      title: 'The leader',
      panels: [
        {
          title: 'Deciding and turns, 99 of 100',
          about: 'A turn takes in, decides and writes.',
          unit: 's',
          lines: {
            '{{region}} decide': quantile(0.99, `${s}_decide_seconds`, 'region'),
            '{{region}} turn': quantile(0.99, `${s}_turn_seconds`, 'region'),
            '{{region}} commit': quantile(0.99, `${s}_commit_seconds`, 'region'),
          },
        },
        {
          title: 'Events',
          about: 'Committed a second.',
          unit: 'short',
          lines: { '{{region}}': `sum by (region) (rate(${s}_events_total[5m]))` },
        },
        {
          title: 'Appends, by what came of them',
          about: 'A second.',
          unit: 'short',
          lines: {
            '{{region}} {{outcome}}': `sum by (region, outcome) (rate(${s}_append_seconds_count[5m]))`,
          },
        },
        {
          title: 'Terms and rebuilds',
          about: 'Terms that an instance began in an hour; seconds of its last rebuild.',
          unit: 'short',
          lines: {
            '{{instance}} terms': `increase(${s}_terms_total[1h])`,
            '{{instance}} rebuild': `${s}_rebuild_seconds`,
          },
        },
        {
          title: 'The record',
          about: 'Size of the database; age of the newest snapshot is beside it.',
          unit: 'bytes',
          lines: { '{{region}}': `max by (region) (${s}_database_bytes)` },
        },
        {
          title: 'Age of the newest snapshot',
          about: 'What comes after it is replayed at a rebuild.',
          unit: 's',
          lines: { '{{region}}': `min by (region) (${s}_snapshot_age_seconds)` },
        },
      ],
    },
    {
      title: 'Placing',
      panels: [
        {
          title: 'Jobs by phase',
          about: 'Those that have not ended.',
          unit: 'short',
          lines: { '{{region}} {{phase}}': `max by (region, phase) (${s}_jobs)` },
        },
        {
          title: 'GPUs asked for',
          about: 'By those that wait.',
          unit: 'short',
          lines: { '{{region}} {{tier}}': `max by (region, tier) (${s}_queue_gpus)` },
        },
        {
          title: 'Free and of no use',
          about: 'GPUs that the usual next job could not use, of those that are free.',
          unit: 'percentunit',
          lines: {
            '{{region}} {{sku}}':
              `max by (region, sku) (${s}_fragmented_gpus) / ` +
              `(max by (region, sku) (${s}_gpus{state="free"}) > 0)`,
          },
        },
        {
          title: 'Attempts and reservations',
          about: 'Under way; hosts kept for a gang.',
          unit: 'short',
          lines: {
            '{{region}} attempts': `max by (region) (${s}_attempts)`,
            '{{region}} reservations': `max by (region) (${s}_reservations)`,
          },
        },
        {
          title: 'Retries',
          about: 'By class of failure, a minute.',
          unit: 'short',
          lines: { '{{region}} {{class}}': `sum by (region, class) (rate(${s}_retries_total[10m])) * 60` },
        },
        {
          title: 'Changes of hosts and limits',
          about: 'Over ten minutes.',
          unit: 'short',
          lines: {
            '{{region}} host {{phase}}': `sum by (region, phase) (increase(${s}_hosts_changed_total[10m])) > 0`,
            '{{region}} class {{limit}}': `sum by (region, limit) (increase(${s}_class_limits_total[10m])) > 0`,
            '{{region}} leases lost': `sum by (region) (increase(${s}_lease_expiries_total[10m])) > 0`,
          },
        },
      ],
    },
    {
      title: 'Predicted runtimes',
      panels: [
        {
          title: 'Error, half of them',
          about: '|ln(ran / predicted)|, by which model served: 0.25 is a quarter off.',
          unit: 'short',
          lines: { '{{region}} {{role}}': quantile(0.5, `${s}_prediction_error_log`, 'region, role', '1h') },
        },
        {
          title: 'Coverage',
          about: 'The middle within a quarter, the bound held (95 of 100 are meant).',
          unit: 'percentunit',
          lines: {
            '{{region}} middle': `sum by (region) (rate(${s}_predictions_judged_total{middle="within"}[1h])) / sum by (region) (rate(${s}_predictions_judged_total[1h]))`,
            '{{region}} bound': `sum by (region) (rate(${s}_predictions_judged_total{bound="held"}[1h])) / sum by (region) (rate(${s}_predictions_judged_total[1h]))`,
          },
        },
        {
          title: 'Drift, champion and challenger',
          about: '1 is an alarm. Jobs on which the two were compared, in thousands.',
          unit: 'short',
          lines: {
            '{{region}} {{direction}}': `max by (region, direction) (${s}_prediction_drift)`,
            '{{region}} {{role}} {{model}}': `max by (region, role, model) (${s}_prediction_model)`,
            '{{region}} compared': `max by (region) (${s}_prediction_contest_jobs) / 1000`,
            '{{region}} {{type}}': `max by (region, type) (increase(${s}_prediction_news_total[1h]))`,
          },
        },
      ],
    },
    {
      title: 'Agents',
      panels: [
        {
          title: 'Reports',
          about: 'A second, by what came of them.',
          unit: 'short',
          lines: { '{{host}} {{outcome}}': `sum by (host, outcome) (rate(${a}_reports_total[5m]))` },
        },
        {
          title: 'Attempts and devices',
          about: 'By host; 1 of draining: it takes nothing new.',
          unit: 'short',
          lines: {
            '{{host}} attempts': `${a}_attempts`,
            '{{host}} {{health}}': `${a}_devices`,
            '{{host}} draining': `${a}_draining > 0`,
          },
        },
        {
          title: 'Stopped since a lease was about to end',
          about: 'Over ten minutes.',
          unit: 'short',
          lines: { '{{host}} {{how}}': `sum by (host, how) (increase(${a}_lease_lapses_total[10m])) > 0` },
        },
        {
          title: 'Brought away and fetched, 95 of 100',
          about: 'With all tries.',
          unit: 's',
          lines: {
            '{{host}} {{direction}} {{outcome}}': quantile(
              0.95,
              `${a}_transfer_seconds`,
              'host, direction, outcome',
            ),
          },
        },
        {
          title: 'Brought away',
          about: 'Bytes a second.',
          unit: 'Bps',
          lines: { '{{host}}': `rate(${a}_uploaded_bytes_total[5m])` },
        },
        {
          title: 'Devices that fell ill, GPUs cut up anew',
          about: 'Over an hour, by what is wrong.',
          unit: 'short',
          lines: {
            '{{host}} {{cause}}': `sum by (host, cause) (increase(${a}_device_problems_total[1h])) > 0`,
            '{{host}} MIG': `increase(${a}_mig_changes_total[1h]) > 0`,
            '{{host}} epoch': `${a}_epoch`,
          },
        },
      ],
    },
    {
      title: 'Requests',
      panels: [
        {
          title: 'Slowest routes, 95 of 100',
          about: 'Reports wait for news rightly.',
          unit: 's',
          lines: { '{{route}}': `topk(10, ${quantile(0.95, `${s}_http_request_seconds`, 'route')})` },
        },
        {
          title: 'Errors by route',
          about: '5xx a second.',
          unit: 'reqps',
          lines: {
            '{{region}} {{route}} {{status}}': `sum by (region, route, status) (rate(${s}_http_request_seconds_count{status=~"5.."}[5m])) > 0`,
          },
        },
        {
          title: 'Webhooks',
          about:
            'Tried over ten minutes, by what came of it; not delivered yet; seconds by which the oldest is overdue.',
          unit: 'short',
          lines: {
            '{{region}} {{outcome}}': `sum by (region, outcome) (increase(${s}_webhook_tries_total[10m]))`,
            '{{region}} waiting': `max by (region) (${s}_webhooks_waiting)`,
            '{{region}} overdue': `max by (region) (${s}_webhook_overdue_seconds)`,
          },
        },
        {
          title: 'What the queue’s guardian does not understand',
          about: 'Over an hour: jobs that it refused, answers of it, and what other regions told here.',
          unit: 'short',
          lines: {
            '{{region}} refused': `sum by (region) (increase(${s}_copies_refused_total[1h]))`,
            '{{region}} {{trouble}}': `sum by (region, trouble) (increase(${s}_guardian_misheard_total[1h]))`,
            '{{region}} told {{what}}': `sum by (region, what) (increase(${s}_copies_unread_total[1h]))`,
          },
        },
        {
          title: 'Counted by Postgres, ends set aside',
          about: 'Over ten minutes: Redis was away; an end could not be kept as it was.',
          unit: 'short',
          lines: {
            '{{region}} rates': `sum by (region) (increase(${s}_rates_degraded_total[10m]))`,
            '{{region}} ends': `sum by (region) (increase(${s}_ends_set_aside_total[10m]))`,
          },
        },
      ],
    },
  ],
};
