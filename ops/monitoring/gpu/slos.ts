/** What is promised of GPU jobs: that a tier's jobs start in time, and that they are taken in quickly and without error. */
import type { Slo } from '../slos.ts';

const byRegion = (expr: string): string => `sum by (region) (${expr})`;

const starts = 'cellbook_scheduler_job_starts_total';
const asked = 'cellbook_scheduler_http_request_seconds';

/** What agents, other regions and monitoring ask is not what people feel. */
const people = 'route=~"/v1/.*"';
const submissions = 'method="POST",route="/v1/jobs"';

/** Target and its words: the policy's as it is by default (an operator's own counts by its own target). */
const tiers = [
  { tier: 'enterprise', alert: 'GpuEnterpriseLate', within: 'half a minute' },
  { tier: 'paid', alert: 'GpuPaidLate', within: 'ten minutes' },
  { tier: 'free', alert: 'GpuFreeLate', within: 'an hour' },
] as const;

export const gpuSlos: readonly Slo[] = [
  ...tiers.map(
    ({ tier, alert, within }): Slo => ({
      ...{ name: `gpu_start_${tier}`, alert, objective: 0.95, by: 'region', eventsPerHourMin: 10 },
      bad: (w) => byRegion(`rate(${starts}{tier="${tier}",in_time="no"}[${w}])`),
      total: (w) => byRegion(`rate(${starts}{tier="${tier}"}[${w}])`),
      promise: `a GPU job of tier ${tier} starts within ${within}, or what the region’s policy says`,
      runbook: 'gpu-queue',
    }),
  ),
  {
    ...{ name: 'gpu_api', alert: 'GpuApiErrors', objective: 0.999, by: 'region', eventsPerHourMin: 50 },
    bad: (w) => byRegion(`rate(${asked}_count{${people},status=~"5.."}[${w}])`),
    total: (w) => byRegion(`rate(${asked}_count{${people}}[${w}])`),
    promise: 'requests about GPU jobs are answered without an error of ours',
    runbook: 'gpu-api',
  },
  {
    ...{ name: 'gpu_acknowledged', alert: 'GpuAckSlow', objective: 0.99, by: 'region', eventsPerHourMin: 50 },
    bad: (w) =>
      `${byRegion(`rate(${asked}_count{${submissions}}[${w}])`)} - ` +
      byRegion(`rate(${asked}_bucket{${submissions},le="0.2"}[${w}])`),
    total: (w) => byRegion(`rate(${asked}_count{${submissions}}[${w}])`),
    promise: 'a GPU job that is handed in is acknowledged within 200 ms',
    runbook: 'gpu-api',
  },
];
