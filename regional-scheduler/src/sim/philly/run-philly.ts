/**
 * Philly's jobs through the scheduler's own core, on hosts of eight GPUs. Nobody knows how long a job will run: what is
 * predicted is learned, as it goes, from those that ended (predict/runtime-model.ts, by GPUs and group). A job wider than
 * a host, which no host can hold, is as many jobs of up to eight GPUs that come together; it ends with the last of them.
 *
 * Backlog is every moment at which at least one job waits; utilisation is the share of all GPUs that run a job then.
 * Finish-time fairness (Themis, NSDI 2020) of a job is its completion time over what it would have been on its own share:
 * with N jobs in the system on average while it was there, 1/N of the GPUs, on which it runs slower in proportion where
 * that is less than it asks for, and never faster. Above 1 it would have been better off alone.
 */
import { hostIdSchema, type JobId, newJobId, newOrgId, newUserId, type OrgId } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { defaultPolicy } from '../../core/model/default-policy.ts';
import type { HostSpec } from '../../core/model/host.ts';
import type { JobSpec } from '../../core/model/job.ts';
import type { RegionPolicy } from '../../core/model/policy.ts';
import { RuntimeModel } from '../../predict/runtime-model.ts';
import { IdealRegion } from '../region/ideal-region.ts';
import { quantile } from '../region/quantile.ts';
import type { PhillyJob } from './read-philly.ts';

const hostGpus = 8;
const lookMs = 60_000;
const restoreMs = 60_000;
const usualAgeingMs = 24 * 60 * 60_000;
/** What is believed of a job before anything has ended. */
const unknownMs = 30 * 60_000;

export interface PhillyOutcome {
  jobs: number;
  gpus: number;
  utilisation: number;
  backlogShare: number;
  backlogMax: number;
  worstFinishTimeFairness: number;
  finishTimeFairness: { p50: number; p95: number; p99: number; aboveOne: number };
  preemptions: number;
  /** Of the GPU time in use, what went into going on from checkpoints. */
  restoringShare: number;
  /** Of the job with the worst fairness. */
  worst: { gpus: number; runSeconds: number; waitedSeconds: number; preemptions: number };
  avgJctSeconds: number;
  p50JctSeconds: number;
  p95JctSeconds: number;
  avgWaitSeconds: number;
  makespanSeconds: number;
}

interface Ended {
  job: PhillyJob;
  jctMs: number;
  waitedMs: number;
  preemptions: number;
  fairness: number;
}

interface Whole {
  job: PhillyJob;
  preemptions: number;
  /** Parts that have not ended. */
  open: number;
  /** Until the first of its parts started; null: none has. */
  waitedMs: number | null;
  /** ∫ of the number of jobs present, when it came. */
  presentAtStart: number;
}

export interface PhillyOptions {
  gpus: number;
  /** Of the policy: for jobs of hours and days another than for videos. */
  ageingMs?: number;
}

export function runPhilly(jobs: readonly PhillyJob[], options: PhillyOptions): PhillyOutcome {
  const { gpus, ageingMs = usualAgeingMs } = options;
  const random = seededRandom(1);
  const groups = new Map<string, OrgId>();
  const userId = newUserId(random);
  const wholes = new Map<JobId, Whole>();
  const model = new RuntimeModel();
  const usage = new Usage(gpus);
  const ended: Ended[] = [];

  const region = new IdealRegion({
    policy: policyWith(ageingMs),
    hosts: hostsOf(gpus),
    random,
    lookMs,
    ...{ stopMs: 0, restoreMs, nodes: null },
    truthOf: (jobId) => ({ runMs: wholes.get(jobId)!.job.runMs, outcome: done }),
    saw: (event, nowMs) => {
      if (event.type === 'job_placed') {
        usage.pass(nowMs);
        usage.busy += event.devices.length;
        start(wholes.get(event.jobId)!, nowMs);
      } else if (event.type === 'attempt_ended') {
        const { gpus: released } = region.specOf(event.jobId)!;
        usage.pass(nowMs);
        usage.busy -= released;
        if (event.outcome.kind === 'preempted') {
          usage.preempted(released);
          wholes.get(event.jobId)!.preemptions++;
        }
      } else if (event.type === 'job_ended') end(event.jobId, wholes.get(event.jobId)!, nowMs);
      else return;
      usage.waiting = region.waiting;
    },
  });

  function start(whole: Whole, nowMs: number): void {
    whole.waitedMs ??= nowMs - whole.job.submitMs;
  }

  function end(jobId: JobId, whole: Whole, nowMs: number): void {
    const { job } = whole;
    usage.pass(nowMs);
    wholes.delete(jobId);
    if (--whole.open > 0) return;
    usage.present--;
    model.learn(featuresOf(job), { seconds: job.runMs / 1000 });
    const jctMs = nowMs - job.submitMs;
    const presentOnAverage = (usage.presentMs - whole.presentAtStart) / jctMs;
    const slowdown = Math.max(1, (job.gpus * presentOnAverage) / gpus);
    const { preemptions, waitedMs } = whole;
    ended.push({
      job,
      jctMs,
      preemptions,
      waitedMs: waitedMs ?? 0,
      fairness: jctMs / (job.runMs * slowdown),
    });
  }

  function come(job: PhillyJob): void {
    usage.pass(region.timeline.nowMs);
    usage.present++;
    const whole = { job, preemptions: 0, open: 0, waitedMs: null, presentAtStart: usage.presentMs };
    if (!groups.has(job.group)) groups.set(job.group, newOrgId(random));
    const known = model.predict(featuresOf(job));
    const predicted = {
      p50Ms: known ? known.p50Seconds * 1000 : unknownMs,
      p95Ms: known ? known.p95Seconds * 1000 : unknownMs * 10,
      seen: known?.seen ?? 0,
      model: 'groups',
    };
    for (let left = job.gpus; left > 0; left -= hostGpus) {
      const jobId = newJobId(random);
      const rest = {
        orgId: groups.get(job.group)!,
        userId,
        jobId,
        gpus: Math.min(left, hostGpus),
        predicted,
      };
      wholes.set(jobId, whole);
      whole.open++;
      region.submit({ ...common, ...rest, submittedMs: region.timeline.nowMs });
    }
    usage.waiting = region.waiting;
    usage.backlogMax = Math.max(usage.backlogMax, region.waiting);
  }

  let next = 0;
  const arrive = () => {
    const nowMs = region.timeline.nowMs;
    while (next < jobs.length && jobs[next]!.submitMs <= nowMs) come(jobs[next++]!);
    if (next < jobs.length) region.timeline.after(jobs[next]!.submitMs - nowMs, arrive);
  };
  region.timeline.after(0, arrive);
  while (ended.length < jobs.length && region.timeline.step(endOfTimeMs));
  return outcomeOf(ended, usage, gpus, region.timeline.nowMs);
}

const endOfTimeMs = 1e15;
const done = { kind: 'succeeded', resultKey: 'simulated', bytes: 1 } as const;
const never = 1e13;

const common: Omit<JobSpec, 'jobId' | 'orgId' | 'userId' | 'gpus' | 'predicted' | 'submittedMs'> = {
  ...{ tier: 'paid', kind: 'task', binary: 'philly', features: [], skus: null, gpuMemoryMib: 1 },
  ...{ notBeforeMs: null, deadlineMs: null, wallMsMax: never, attemptsMax: 3, preemptible: true },
  ...{ checkpoints: true, interactive: false, regions: null, reservedMicros: 0 },
};

function policyWith(ageingMs: number): RegionPolicy {
  const { tiers } = defaultPolicy;
  return { ...defaultPolicy, tiers: { ...tiers, paid: { ...tiers.paid, ageingMs } } };
}

function featuresOf(job: PhillyJob) {
  return { chain: [String(job.gpus), job.group], holder: job.group };
}

function hostsOf(gpus: number): HostSpec[] {
  return Array.from({ length: Math.ceil(gpus / hostGpus) }, (_, index) => ({
    hostId: hostIdSchema.parse(`host-${String(index).padStart(5, '0')}`),
    ...{ sku: 'gpu', rack: `rack-${index >> 3}`, gpuMemoryMib: 24_576, generation: 1, unhealthy: [] },
    gpus: Math.min(hostGpus, gpus - index * hostGpus),
  }));
}

/** Integrals over time. */
class Usage {
  busy = 0;
  present = 0;
  waiting = 0;
  presentMs = 0;
  backlogMs = 0;
  busyInBacklogMs = 0;
  backlogMax = 0;
  preemptions = 0;
  busyMs = 0;
  restoringMs = 0;
  #atMs = 0;
  readonly gpus: number;

  constructor(gpus: number) {
    this.gpus = gpus;
  }

  /** To be called before anything changes. */
  pass(nowMs: number): void {
    const passedMs = nowMs - this.#atMs;
    this.#atMs = nowMs;
    this.presentMs += passedMs * this.present;
    this.busyMs += passedMs * this.busy;
    if (this.waiting === 0) return;
    this.backlogMs += passedMs;
    this.busyInBacklogMs += passedMs * this.busy;
  }

  preempted(gpus: number): void {
    this.preemptions++;
    this.restoringMs += gpus * restoreMs;
  }
}

function outcomeOf(ended: readonly Ended[], usage: Usage, gpus: number, makespanMs: number): PhillyOutcome {
  const fairness = ended.map((one) => one.fairness).sort((a, b) => a - b);
  const jct = ended.map(({ jctMs }) => jctMs / 1000).sort((a, b) => a - b);
  const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
  const worst = ended.reduce((one, other) => (other.fairness > one.fairness ? other : one));
  return {
    jobs: ended.length,
    gpus,
    utilisation: usage.busyInBacklogMs / (usage.backlogMs * gpus),
    backlogShare: usage.backlogMs / makespanMs,
    backlogMax: usage.backlogMax,
    worstFinishTimeFairness: fairness.at(-1)!,
    finishTimeFairness: {
      p50: quantile(fairness, 0.5),
      p95: quantile(fairness, 0.95),
      p99: quantile(fairness, 0.99),
      aboveOne: fairness.filter((one) => one > 1.0001).length / fairness.length,
    },
    worst: {
      gpus: worst.job.gpus,
      runSeconds: worst.job.runMs / 1000,
      waitedSeconds: worst.waitedMs / 1000,
      preemptions: worst.preemptions,
    },
    preemptions: usage.preemptions,
    restoringShare: usage.busyMs === 0 ? 0 : usage.restoringMs / usage.busyMs,
    avgJctSeconds: mean(jct),
    p50JctSeconds: quantile(jct, 0.5),
    p95JctSeconds: quantile(jct, 0.95),
    avgWaitSeconds: mean(ended.map(({ waitedMs }) => waitedMs / 1000)),
    makespanSeconds: makespanMs / 1000,
  };
}
