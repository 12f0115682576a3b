/**
 * A region in the small, first come first served, whose jobs have prompts of random words; those with a certain word
 * hang until they are stopped. Containment is fed as the core feeds it. For its tests only: it has one GPU a job, no
 * tiers and no hosts.
 */
import type { AttemptId, HostId, JobId } from '@cellbook/shared/ids.ts';
import { type Random, seededRandom } from '@cellbook/shared/random.ts';
import {
  type ContainState,
  decideContain,
  foldAttemptEnded,
  foldClassLimited,
  foldOverdue,
  foldPlaced,
  mayRun,
  newContainState,
} from '../contain.ts';
import { featuresOf } from '../features.ts';
import { overdueAtMs, watchMs, watchRules } from '../watch.ts';

export interface HangDay {
  seed: number;
  gpus: number;
  hours: number;
  /** Of the GPUs, by healthy jobs. */
  load: number;
  hangShare: number;
  /** Whether a job of these hangs, at this time. */
  hangs: (job: DayJob, atMs: number) => boolean;
  isContained: boolean;
}

export interface DayJob {
  id: number;
  prompt: string;
  parameters: Record<string, number>;
  features: string[];
  atMs: number;
  runMs: number;
  predicted: { p50Ms: number; p95Ms: number; seen: number; model: string };
}

export interface HangReport {
  othersP95WaitMs: number;
  /** Minutes that GPUs spent on what hung. */
  burntMinutes: number;
  hung: number;
  refused: number;
  /** Classes that were ever limited, in order. */
  limited: string[];
  contain: ContainState;
}

const medianMs = 75_000;
const spread = 0.6;
const tickMs = 5_000;
const meanMs = medianMs * Math.exp(spread ** 2 / 2);
const predicted = { p50Ms: medianMs, p95Ms: medianMs * Math.exp(1.645 * spread), seen: 50, model: 'test' };

interface Running {
  job: DayJob;
  startedMs: number;
  endMs: number;
  hangs: boolean;
  overdue: boolean;
}

export function runHangDay(day: HangDay): HangReport {
  const random = seededRandom(day.seed);
  const contain = newContainState();
  const report = { burntMinutes: 0, hung: 0, refused: 0, limited: [] as string[] };
  const waits: number[] = [];
  let queue: DayJob[] = [];
  let held: { job: DayJob; untilMs: number }[] = [];
  let running: Running[] = [];
  const perTick = (day.load * day.gpus * tickMs) / meanMs;
  let id = 0;
  for (let now = 0; now < day.hours * 3_600_000; now += tickMs) {
    for (let count = poisson(random, perTick); count > 0; count--)
      queue.push(newJob(random, id++, now, random.float() < day.hangShare));
    running = running.filter((one) => !ended(one, now));
    decide(now);
    const released = held.filter((one) => now >= one.untilMs);
    if (released.length > 0) {
      held = held.filter((one) => now < one.untilMs);
      queue = [...released.map((one) => one.job), ...queue];
    }
    place(now);
  }
  waits.sort((a, b) => a - b);
  return { ...report, contain, othersP95WaitMs: waits[Math.floor(0.95 * waits.length)] ?? 0 };

  function ended(one: Running, now: number): boolean {
    const { job, startedMs } = one;
    if (!one.overdue && now >= overdueAtMs(predicted, startedMs) && day.isContained) {
      one.overdue = true;
      foldOverdue(contain, { features: job.features, atMs: now });
    }
    const isStopped = () =>
      now >= startedMs + watchMs(contain.classes, { features: job.features, predicted });
    if (now < one.endMs && !(now - startedMs >= watchRules.suspectMsMin && isStopped())) return false;
    if (one.hangs) {
      report.burntMinutes += (now - startedMs) / 60_000;
      report.hung++;
    }
    const isHung = now < one.endMs;
    if (day.isContained)
      foldAttemptEnded(contain, {
        atMs: now,
        attemptId: `att-${job.id}` as AttemptId,
        jobId: `job-${job.id}` as JobId,
        hostId: hostOf(job),
        binary: 'video',
        version: '1',
        gpus: 1,
        features: job.features,
        outcome: isHung
          ? { kind: 'failed', class: 'hung', detail: '' }
          : { kind: 'succeeded', resultKey: '', bytes: 1 },
        ranMs: now - startedMs,
        predictedP50Ms: predicted.p50Ms,
        overdue: one.overdue,
        failures: [],
      });
    return true;
  }

  function decide(atMs: number): void {
    for (const one of decideContain(contain, atMs, { hosts: 20 })) {
      if (one.kind !== 'class_limited') continue;
      if (!contain.classes.limits[one.feature]) report.limited.push(one.feature);
      const now = running.map(({ job }) => ({ features: job.features, gpus: 1 }));
      foldClassLimited(contain, { ...one, atMs }, now);
    }
  }

  function place(now: number): void {
    while (queue.length > 0 && running.length < day.gpus) {
      const job = queue.shift()!;
      const verdict = mayRun(contain, { features: job.features, gpus: 1 }, day.gpus, now);
      if (!verdict.go) {
        if (verdict.refuse) report.refused++;
        else held.push({ job, untilMs: verdict.untilMs });
        continue;
      }
      foldPlaced(contain, { features: job.features, gpus: 1, hostId: hostOf(job), atMs: now });
      const hangs = day.hangs(job, now);
      if (!hangs) waits.push(now - job.atMs);
      const endMs = hangs ? Number.POSITIVE_INFINITY : now + job.runMs;
      running.push({ job, startedMs: now, endMs, hangs, overdue: false });
    }
  }
}

const hostOf = (job: DayJob): HostId => `host-${job.id % 20}` as HostId;

/** Every hanging prompt has the word and, always beside it, another that harmless ones have as well. */
function newJob(random: Random, id: number, atMs: number, isMarked: boolean): DayJob {
  const words = Array.from({ length: 12 }, () => `w${Math.floor(3000 * random.float() ** 3)}`);
  if (isMarked) words.splice(random.int(12), 0, 'moebius', 'strip');
  else if (random.float() < 0.02) words.push('strip');
  const prompt = words.join(' ');
  const parameters = {
    steps: [20, 30, 50][random.int(3)]!,
    width: [512, 1024][random.int(2)]!,
    seed: random.int(1e9),
  };
  const gauss = Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float());
  return {
    id,
    prompt,
    parameters,
    features: featuresOf({ kind: 'video', binary: 'video', prompt, parameters }),
    atMs,
    runMs: medianMs * Math.exp(spread * gauss),
    predicted,
  };
}

function poisson(random: Random, mean: number): number {
  let count = 0;
  for (let left = Math.exp(-mean), drawn = random.float(); drawn > left; drawn *= random.float()) count++;
  return count;
}
