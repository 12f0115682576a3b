/** For who was woken about a GPU region: what fires, who leads, where jobs wait, which hosts are not heard. */
import type { Board } from '../boards/board.ts';
import { gpuSlos } from './slos.ts';

const s = 'cellbook_scheduler';
const a = 'cellbook_gpu_agent';

export const gpuOnCall: Board = {
  name: 'gpu-on-call',
  title: 'Cellbook GPUs: on call',
  rows: [
    {
      title: 'Now',
      panels: [
        {
          title: 'Alerts that fire',
          about: 'Each has a page in ops/runbooks/alerts.',
          unit: 'short',
          lines: {
            '{{alertname}} {{region}} {{tier}}':
              'count by (alertname, region, tier) (ALERTS{alertstate="firing",alertname=~"Gpu.+|SchedulerUnreachable|ProgramDown"})',
          },
        },
        {
          title: 'Who leads, and the epoch',
          about: 'One instance of a region leads; a new epoch is a new leader.',
          unit: 'short',
          lines: { '{{instance}} leads': `${s}_leads`, '{{region}} epoch': `max by (region) (${s}_epoch)` },
        },
        {
          title: 'Budgets burnt over the last hour, by promise',
          about: '1 uses a budget up in 30 days; 14.4 is a page.',
          unit: 'short',
          lines: Object.fromEntries(
            gpuSlos.map(({ name, objective }) => [
              `${name} {{region}}`,
              `cellbook:${name}:bad_ratio_1h / ${Number((1 - objective).toFixed(6))}`,
            ]),
          ),
        },
      ],
    },
    {
      title: 'Who waits',
      panels: [
        {
          title: 'The oldest that waits, against its target',
          about: 'By tier: 1 is its target.',
          unit: 'short',
          lines: {
            '{{region}} {{tier}}':
              `max by (region, tier) (${s}_queue_oldest_seconds) / ` +
              `max by (region, tier) (${s}_start_target_seconds)`,
          },
        },
        {
          title: 'Jobs placed',
          about: 'A minute, by tier.',
          unit: 'short',
          lines: { '{{region}} {{tier}}': `sum by (region, tier) (rate(${s}_jobs_placed_total[5m])) * 60` },
        },
        {
          title: 'GPUs held, owed and asked for',
          about: 'By price. Owed: the floor, or less where less is asked for.',
          unit: 'short',
          lines: {
            '{{region}} {{tier}} {{what}}': `max by (region, tier, what) (${s}_tier_gpus{what=~"held|owed|wanted"})`,
          },
        },
        {
          title: 'Preemptions',
          about: 'A minute: for a higher tier, for one below its floor, or since the host stops.',
          unit: 'short',
          lines: {
            '{{region}} {{tier}} {{cause}}': `sum by (region, tier, cause) (rate(${s}_preemptions_total[10m])) * 60`,
          },
        },
        {
          title: 'Submissions',
          about: 'A second, by what became of them.',
          unit: 'reqps',
          lines: { '{{region}} {{outcome}}': `sum by (region, outcome) (rate(${s}_submissions_total[5m]))` },
        },
        {
          title: 'Handed to other regions',
          about: 'Offers, and what came of them.',
          unit: 'short',
          lines: {
            '{{region}} {{outcome}}': `sum by (region, outcome) (increase(${s}_spills_total[10m]))`,
            '{{region}} open': `max by (region) (${s}_jobs{phase="spilling"})`,
            '{{region}} oldest, seconds': `max by (region) (${s}_spill_oldest_seconds)`,
          },
        },
      ],
    },
    {
      title: 'What fails',
      panels: [
        {
          title: 'Attempts that fail',
          about: 'By class, over ten minutes.',
          unit: 'short',
          lines: {
            '{{region}} {{class}}': `sum by (region, class) (increase(${s}_attempts_ended_total{outcome="failed"}[10m])) > 0`,
          },
        },
        {
          title: 'Given up',
          about: 'Dead letters, by how the last attempt failed.',
          unit: 'short',
          lines: {
            '{{region}} {{class}}': `sum by (region, class) (increase(${s}_dead_letters_total[30m])) > 0`,
          },
        },
        {
          title: 'Classes of prompts that are limited',
          about: 'cellbook gpu contained says which, and why.',
          unit: 'short',
          lines: { '{{region}} {{limit}}': `max by (region, limit) (${s}_limited_classes)` },
        },
        {
          title: 'Versions under way',
          about: 'Of their binary’s jobs, in thousandths.',
          unit: 'short',
          lines: {
            '{{region}} {{binary}}': `max by (region, binary) (${s}_rollout_permille)`,
            '{{region}} rolled back': `sum by (region) (increase(${s}_rollout_steps_total{step="rolled_back"}[1h]))`,
          },
        },
        {
          title: 'Hosts that are not up',
          about: 'By phase.',
          unit: 'short',
          lines: { '{{region}} {{phase}}': `max by (region, phase) (${s}_hosts{phase!="up"})` },
        },
        {
          title: 'GPUs that must not be used',
          about: 'By host and what is wrong: Xid, ECC, memory, the driver, gone, stuck.',
          unit: 'short',
          lines: { '{{host}} {{cause}}': `sum by (host, cause) (${a}_ill_devices) > 0` },
        },
      ],
    },
    {
      title: 'What it stands on',
      panels: [
        {
          title: 'Commits of the log, 99 of 100',
          about: 'Nothing is decided while it cannot be written.',
          unit: 's',
          lines: {
            '{{region}}': `histogram_quantile(0.99, sum by (region, le) (rate(${s}_append_seconds_bucket{outcome="ok"}[5m])))`,
          },
        },
        {
          title: 'Since a scheduler answered an agent',
          about: 'At 45 s an agent saves and stops what it runs.',
          unit: 's',
          lines: { '{{host}}': `${a}_unanswered_seconds` },
        },
        {
          title: 'Room on disks',
          about: 'Free, of each disk that is written to.',
          unit: 'percentunit',
          lines: {
            '{{instance}} {{holds}}': `${s}_disk_bytes{what="free"} / ignoring (what) ${s}_disk_bytes{what="size"}`,
            '{{host}}': `${a}_disk_bytes{what="free"} / ignoring (what) ${a}_disk_bytes{what="size"}`,
          },
        },
      ],
    },
  ],
};
