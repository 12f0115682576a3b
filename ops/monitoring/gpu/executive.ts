/** For who answers for the GPUs: do jobs start when promised, are the GPUs used, is it shared as agreed. */
import type { Board } from '../boards/board.ts';
import { kept } from '../boards/executive.ts';
import { gpuSlos } from './slos.ts';

const s = 'cellbook_scheduler';
const gpus = (states: string): string =>
  `sum by (region) (max by (region, sku, state) (${s}_gpus{state=~"${states}"}))`;

export const gpuExecutive: Board = {
  name: 'gpu-executive',
  title: 'Cellbook GPUs: promises',
  rows: [
    { title: 'Promises, over three days', panels: gpuSlos.map((slo) => kept(slo, 'region')) },
    {
      title: 'Use',
      panels: [
        {
          title: 'GPUs in use',
          about: 'Of those that can be used: busy against busy, free and reserved.',
          unit: 'percentunit',
          lines: { '{{region}}': `${gpus('busy')} / ${gpus('busy|free|reserved')}` },
        },
        {
          title: 'GPUs',
          about: 'By what they are.',
          unit: 'short',
          lines: {
            '{{region}} {{state}}': `sum by (region, state) (max by (region, sku, state) (${s}_gpus)) > 0`,
          },
        },
        {
          title: 'Jobs that wait',
          about: 'By tier.',
          unit: 'short',
          lines: { '{{region}} {{tier}}': `max by (region, tier) (${s}_queue_jobs)` },
        },
        {
          title: 'Share against entitlement',
          about: 'What a tier holds of what it is entitled to now; 1 is fair, and it is seldom exact.',
          unit: 'percentunit',
          lines: {
            '{{region}} {{tier}}':
              `max by (region, tier) (${s}_tier_gpus{what="held"}) / ` +
              `(max by (region, tier) (${s}_tier_gpus{what="entitled"}) > 0)`,
          },
        },
        {
          title: 'Time to start, 95 of 100',
          about: 'By tier.',
          unit: 's',
          lines: {
            '{{region}} {{tier}}': `histogram_quantile(0.95, sum by (region, tier, le) (rate(${s}_job_start_seconds_bucket[30m])))`,
          },
        },
        {
          title: 'Spend an hour',
          about: 'Of jobs that ended, in the account’s unit.',
          unit: 'short',
          lines: {
            '{{region}} {{tier}}': `sum by (region, tier) (increase(${s}_spend_micros_total[1h])) / 1e6`,
          },
        },
      ],
    },
    {
      title: 'What became of them',
      panels: [
        {
          title: 'Jobs that ended',
          about: 'A minute, by how.',
          unit: 'short',
          lines: { '{{region}} {{phase}}': `sum by (region, phase) (rate(${s}_jobs_ended_total[10m])) * 60` },
        },
        {
          title: 'GPU time that came to nothing',
          about: 'Of all GPU time of attempts: what neither a result nor a checkpoint has kept.',
          unit: 'percentunit',
          lines: {
            '{{region}}':
              `sum by (region) (rate(${s}_lost_gpu_seconds_total[1h])) / ` +
              `(sum by (region) (rate(${s}_gpu_seconds_total[1h])) > 0)`,
          },
        },
        {
          title: 'Turned away',
          about: 'Submissions an hour that were refused, by tier and why.',
          unit: 'short',
          lines: {
            '{{region}} {{tier}} {{outcome}}': `sum by (region, tier, outcome) (increase(${s}_submissions_total{outcome!~"stored|known"}[1h])) > 0`,
          },
        },
      ],
    },
  ],
};
