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

export const eventInstruments = (metrics: Metrics) => ({
  ...ofJobs(metrics),
  ...ofAttempts(metrics),
  ...ofRegion(metrics),
});

type Values = Partial<Record<string, readonly string[]>>;

function counterOf(metrics: Metrics, name: string, help: string, values: Values = {}) {
  const made = metrics.counter(`cellbook_scheduler_${name}`, help, Object.keys(values));
  for (const labels of product(values)) made.inc(labels, 0);
  return made;
}

function ofJobs(metrics: Metrics) {
  const counter = (name: string, help: string, values: Values) => counterOf(metrics, name, help, values);
  return {
    startSeconds: metrics.histogram(
      'cellbook_scheduler_job_start_seconds',
      'From when a job could run to the start of its first attempt.',
      ['tier'],
      startBucketsSeconds,
    ),
    starts: counter('job_starts_total', 'First starts of jobs, by whether their tier’s target was kept.', {
      tier: tierNames,
      in_time: ['yes', 'no'],
    }),
    placed: counter('jobs_placed_total', 'Attempts that were given GPUs.', { tier: tierNames }),
    jobsEnded: counter('jobs_ended_total', 'Jobs by how they ended.', { phase: endedPhases }),
    deadLetters: counter('dead_letters_total', 'Jobs given up, by how their last attempt failed.', {
      class: [...failures, 'none'],
    }),
    spills: counter('spills_total', 'Jobs offered to other regions, and what came of it.', {
      outcome: ['offered', 'taken', 'refused'],
    }),
  };
}

function ofAttempts(metrics: Metrics) {
  const counter = (name: string, help: string, values?: Values) => counterOf(metrics, name, help, values);
  return {
    attemptsEnded: counter(
      'attempts_ended_total',
      'Attempts by how they ended; of those that failed by class.',
      { tier: [], outcome: outcomes, class: [] },
    ),
    retries: counter('retries_total', 'Failed attempts whose job is tried again.', { class: failures }),
    preemptions: counter(
      'preemptions_total',
      'Attempts stopped for others: a higher tier, one below its floor; or since their host stops.',
      { tier: tierNames, cause: ['priority', 'floor', 'host'] },
    ),
    leaseExpiries: counter(
      'lease_expiries_total',
      'Attempts given up since their host was not heard of, or knew of them no more.',
    ),
    gpuSeconds: counter('gpu_seconds_total', 'GPU time of attempts that have ended.', { tier: tierNames }),
    lostGpuSeconds: counter('lost_gpu_seconds_total', 'Of it, what no checkpoint and no result has kept.', {
      outcome: outcomes,
    }),
  };
}

function ofRegion(metrics: Metrics) {
  const counter = (name: string, help: string, values?: Values) => counterOf(metrics, name, help, values);
  return {
    hostsChanged: counter('hosts_changed_total', 'Changes of hosts, by what they are then.', {
      phase: ['up', 'draining', 'quarantined', 'silent', 'gone'],
    }),
    classLimits: counter('class_limits_total', 'Limits set on classes of prompts, and taken away.', {
      limit: ['free', 'throttled', 'isolated', 'refused'],
    }),
    rolloutSteps: counter('rollout_steps_total', 'Steps of versions that are rolled out.', {
      step: ['begun', 'advanced', 'finished', 'rolled_back'],
    }),
    terms: counter('terms_total', 'Terms that this instance has begun to lead.'),
  };
}

/** Every combination; none where a label's values are not known beforehand. */
function product(values: Values): Record<string, string>[] {
  return Object.entries(values).reduce<Record<string, string>[]>(
    (all, [label, options = []]) =>
      all.flatMap((labels) => options.map((value) => ({ ...labels, [label]: value }))),
    [{}],
  );
}
