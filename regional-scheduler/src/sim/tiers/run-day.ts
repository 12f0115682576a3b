/**
 * A simulated day through the scheduler's own core, and what came of it. A job's wait is from its submission to its
 * first start; those that never started count as waiting until the day's end. Utilisation is of GPUs, shares are of
 * priced GPUs; both are over the whole day but its first ten minutes, in which the fleet fills.
 */
import { type JobId, newJobId } from '@cellbook/shared/ids.ts';
import { type Tier, tierSchema } from '@cellbook/shared/protocol/principal.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { SimulatedNodes } from '../../capacity/simulated-nodes.ts';
import type { AttemptOutcome, JobSpec } from '../../core/model/job.ts';
import type { RegionPolicy } from '../../core/model/policy.ts';
import { IdealRegion, type NodeRequest } from '../region/ideal-region.ts';
import type { DayJob } from './day.ts';
import { mixedFleet } from './fleet.ts';
import { Meter } from './meter.ts';

export interface DayRun {
  gpus: number;
  hours: number;
  jobs: readonly DayJob[];
  policy: RegionPolicy;
  /** Whether the jobs of the poisoned class hang; else they run as all others. */
  poison: boolean;
  /** Told at each hour of the day. */
  progress?: (hour: number) => void;
}

export interface Waited {
  tier: Tier;
  isPoison: boolean;
  interactive: boolean;
  submittedMs: number;
  waitMs: number;
  started: boolean;
  /** `8 h100`: GPUs and the models that will do. */
  shape: string;
}

export interface DayOutcome {
  waits: Waited[];
  meter: Meter;
  /** By the tier of whom they were for. */
  preemptions: Record<Tier, number>;
  placements: number;
  /** GPU time that ran and was not kept, and that went into going on from a checkpoint. */
  lostGpuMinutes: number;
  /** Hosts that came from a provider, that failed to, and that went again. */
  nodes: { came: number; failed: number; went: number };
  poisonGpuMinutes: number;
  poisonRefused: number;
  limits: { feature: string; limit: string; atMs: number }[];
}

/** The leader looks at least so often. */
const lookMs = 1_000;
const stopMs = 4_000;
const restoreMs = 10_000;
const done: AttemptOutcome = { kind: 'succeeded', resultKey: 'simulated', bytes: 1 };

interface Known {
  job: DayJob;
  started: boolean;
}

export function runDay(day: DayRun): DayOutcome {
  const random = seededRandom(7);
  const hosts = mixedFleet(day.gpus);
  const endMs = day.hours * 3_600_000;
  const known = new Map<JobId, Known>();
  const meter = new Meter({ policy: day.policy, endMs });
  const outcome: DayOutcome = {
    ...{
      waits: [],
      meter,
      preemptions: { free: 0, paid: 0, enterprise: 0 },
      placements: 0,
      lostGpuMinutes: 0,
    },
    ...{ nodes: { came: 0, failed: 0, went: 0 }, poisonGpuMinutes: 0, poisonRefused: 0, limits: [] },
  };
  const region = new IdealRegion({
    ...{ policy: day.policy, hosts, random, lookMs, stopMs, restoreMs },
    nodes: providerOf(day.policy),
    truthOf: (jobId) => {
      const { job } = known.get(jobId)!;
      return day.poison && job.isPoison ? null : { runMs: job.runMs, outcome: done };
    },
    saw: (event, nowMs) => {
      meter.saw(event, nowMs);
      if (event.type === 'class_limited')
        outcome.limits.push({ feature: event.feature, limit: event.limit, atMs: nowMs });
      if (event.type === 'preemption_asked') outcome.preemptions[known.get(event.forJobId)!.job.tier]++;
      if (event.type === 'node_arrived') outcome.nodes.came++;
      if (event.type === 'node_failed') outcome.nodes.failed++;
      if (event.type === 'node_removed') outcome.nodes.went++;
      if (event.type === 'attempt_ended') countEnd(outcome, known.get(event.jobId)!.job, event);
      if (event.type === 'job_placed') {
        outcome.placements++;
        start(outcome, known.get(event.jobId)!, nowMs);
      }
      if (event.type !== 'job_ended') return;
      const one = known.get(event.jobId);
      known.delete(event.jobId);
      if (one?.job.isPoison && !one.started) outcome.poisonRefused++;
    },
  });
  feed(region, day.jobs, (job) => {
    const jobId = newJobId(random);
    known.set(jobId, { job, started: false });
    return specOf(job, jobId);
  });
  for (let hour = 1; hour <= Math.ceil(day.hours); hour++) {
    while (region.timeline.step(Math.min(hour * 3_600_000, endMs)));
    day.progress?.(hour);
  }
  for (const { job, started } of known.values()) if (!started) outcome.waits.push(waited(job, endMs, false));
  return outcome;
}

/** A node in fifty does not come. */
function providerOf({ scale }: RegionPolicy): SimulatedNodes<NodeRequest> | null {
  if (!scale) return null;
  const provisionMs = (name: string) => scale.nodes.find((kind) => kind.name === name)?.provisionMs ?? 0;
  return new SimulatedNodes({ random: seededRandom(11), provisionMs, removeMs: 30_000, failShare: 0.02 });
}

function feed(region: IdealRegion, jobs: readonly DayJob[], specOfNext: (job: DayJob) => JobSpec): void {
  let next = 0;
  const arrive = () => {
    const { nowMs } = region.timeline;
    while (next < jobs.length && jobs[next]!.atMs <= nowMs) region.submit(specOfNext(jobs[next++]!));
    if (next < jobs.length) region.timeline.after(jobs[next]!.atMs - nowMs, arrive);
  };
  region.timeline.after(0, arrive);
}

function start(outcome: DayOutcome, one: Known, nowMs: number): void {
  if (one.started) return;
  one.started = true;
  outcome.waits.push(waited(one.job, nowMs, true));
}

function waited(
  { atMs, tier, isPoison, interactive, gpus, skus }: DayJob,
  untilMs: number,
  started: boolean,
): Waited {
  const shape = `${gpus} ${skus?.join('|') ?? 'any'}`;
  return { tier, isPoison, interactive, submittedMs: atMs, waitMs: untilMs - atMs, started, shape };
}

function countEnd(
  outcome: DayOutcome,
  job: DayJob,
  end: { outcome: AttemptOutcome; ranMs: number; savedMs: number },
): void {
  const gpuMinutes = (job.gpus * end.ranMs) / 60_000;
  if (end.outcome.kind === 'failed') outcome.poisonGpuMinutes += gpuMinutes;
  if (end.outcome.kind !== 'preempted') return;
  outcome.lostGpuMinutes += job.checkpoints ? (job.gpus * restoreMs) / 60_000 : gpuMinutes;
}

function specOf(job: DayJob, jobId: JobId): JobSpec {
  const { orgId, userId, tier, gpus, skus, features, atMs, predicted, checkpoints, interactive } = job;
  return {
    ...{ jobId, orgId, userId, tier, gpus, skus, features, checkpoints, interactive, submittedMs: atMs },
    ...{ kind: 'video', binary: 'renderer', gpuMemoryMib: 16_384, notBeforeMs: null, deadlineMs: null },
    ...{ wallMsMax: 3_600_000, attemptsMax: 3, preemptible: true, regions: null },
    predicted: { ...predicted, seen: 50, model: 'simulated' },
    reservedMicros: 0,
  };
}

export const tierNames = tierSchema.options;
