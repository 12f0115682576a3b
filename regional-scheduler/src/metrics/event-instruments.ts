/** The counters of what happens in a region. Each says zero from the start: the first event of a kind is a rise too. */

import type { Metrics } from '@cellbook/shared/metrics.ts';
import { failureClassSchema } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import { endedPhases } from '../core/model/job.ts';
import { tierNames } from '../core/share/tiers.ts';

/** From a second to six hours: enterprise's target is half a minute, paid's ten, free's an hour. */
export const startBucketsSeconds = [
  1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 21_600,
];

const failures = failureClassSchema.options;
const outcomes = ['succeeded', 'failed', 'preempted', 'cancelled'] as const;

export function eventInstruments(metrics: Metrics) {
  const counter = <Label extends string>(
    name: string,
    help: string,
    values: Partial<Record<Label, readonly string[]>> = {},
  ) => {
    const made = metrics.counter(name, help, Object.keys(values));
    for (const labels of product(values)) made.inc(labels, 0);
    return made;
  };
  return {
    startSeconds: metrics.histogram(
      'cellbook_scheduler_job_start_seconds',
      'From when a job could run to the start of its first attempt.',
      ['tier'],
      startBucketsSeconds,
    ),
    starts: counter(
      'cellbook_scheduler_job_starts_total',
      'First starts of jobs, by whether their tier’s target was kept.',
      { tier: tierNames, in_time: ['yes', 'no'] },
    ),
    placed: counter('cellbook_scheduler_jobs_placed_total', 'Attempts that were given GPUs.', {
      tier: tierNames,
    }),
    attemptsEnded: counter(
      'cellbook_scheduler_attempts_ended_total',
      'Attempts by how they ended; of those that failed by class.',
      { tier: [], outcome: outcomes, class: [] },
    ),
    retries: counter('cellbook_scheduler_retries_total', 'Failed attempts whose job is tried again.', {
      class: failures,
    }),
    preemptions: counter(
      'cellbook_scheduler_preemptions_total',
      'Attempts stopped for others: a higher tier, one below its floor; or since their host stops.',
      { tier: tierNames, cause: ['priority', 'floor', 'host'] },
    ),
    leaseExpiries: counter(
      'cellbook_scheduler_lease_expiries_total',
      'Attempts given up since their host was not heard of, or knew of them no more.',
    ),
    jobsEnded: counter('cellbook_scheduler_jobs_ended_total', 'Jobs by how they ended.', {
      phase: endedPhases,
    }),
    deadLetters: counter(
      'cellbook_scheduler_dead_letters_total',
      'Jobs given up, by how their last attempt failed.',
      { class: [...failures, 'none'] },
    ),
    gpuSeconds: counter('cellbook_scheduler_gpu_seconds_total', 'GPU time of attempts that have ended.', {
      tier: tierNames,
    }),
    lostGpuSeconds: counter(
      'cellbook_scheduler_lost_gpu_seconds_total',
      'Of it, what no checkpoint and no result has kept.',
      { outcome: outcomes },
    ),
    hostsChanged: counter(
      'cellbook_scheduler_hosts_changed_total',
      'Changes of hosts, by what they are then.',
      {
        phase: ['up', 'draining', 'quarantined', 'silent', 'gone'],
      },
    ),
    classLimits: counter(
      'cellbook_scheduler_class_limits_total',
      'Limits set on classes of prompts, and taken away.',
      {
        limit: ['free', 'throttled', 'isolated', 'refused'],
      },
    ),
    rolloutSteps: counter(
      'cellbook_scheduler_rollout_steps_total',
      'Steps of versions that are rolled out.',
      {
        step: ['begun', 'advanced', 'finished', 'rolled_back'],
      },
    ),
    spills: counter(
      'cellbook_scheduler_spills_total',
      'Jobs offered to other regions, and what came of it.',
      {
        outcome: ['offered', 'taken', 'refused'],
      },
    ),
    terms: counter('cellbook_scheduler_terms_total', 'Terms that this instance has begun to lead.'),
  };
}

/** Every combination; none where a label's values are not known beforehand. */
function product(values: Partial<Record<string, readonly string[]>>): Record<string, string>[] {
  return Object.entries(values).reduce<Record<string, string>[]>(
    (all, [label, options = []]) =>
      all.flatMap((labels) => options.map((value) => ({ ...labels, [label]: value }))),
    [{}],
  );
}
