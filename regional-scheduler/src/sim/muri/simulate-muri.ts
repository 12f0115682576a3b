/**
 * The published experiment: jobs come, run on whole GPUs of one cluster and end; who runs is decided anew at
 * every arrival, every end, and when the policy asks to be asked. Each such event costs every running job its
 * restart time. Deterministic, and faithful to the last digit where the published simulator's way of adding
 * floats matters.
 */
import type { MuriJob } from './read-muri.ts';

export interface MuriTask {
  readonly job: MuriJob;
  readonly id: number;
  readonly gpus: number;
  remainingIterations: number;
  /** How long it has run, what restarts took of it included. */
  attainedSeconds: number;
  isRunning: boolean;
  checkedAt: number;
}

export interface MuriPolicy {
  arrived(task: MuriTask): void;
  ended(task: MuriTask): void;
  /** Sets `isRunning` of everyone present; may bring them into another order, which is kept. */
  choose(present: MuriTask[]): void;
  /** When it wants to be asked again though nothing happens; infinite for never. */
  nextLook(present: readonly MuriTask[], now: number): number;
}

export interface MuriOutcome {
  avgJctSeconds: number;
  makespanSeconds: number;
  p99JctSeconds: number;
}

export function simulateMuri(jobs: readonly MuriJob[], policy: MuriPolicy): MuriOutcome {
  const arrivals = together(jobs.map((job) => ({ time: job.submitSeconds, item: job })));
  const times: number[] = [];
  const present: MuriTask[] = [];
  let ending: Batch<MuriTask> | null = null;
  let look = Number.POSITIVE_INFINITY;
  let makespanSeconds = 0;
  let next = 0;
  while (next < arrivals.length || present.length > 0) {
    const arriving = arrivals[next] ?? null;
    const soonest = Math.min(arriving?.time ?? Infinity, ending?.time ?? Infinity);
    const now = Math.min(soonest, look);
    if (now === Number.POSITIVE_INFINITY) throw new RangeError('a job asks for more than the cluster has');
    // A look of the policy's own comes before an arrival or an end only when it is sooner.
    if (now === soonest && ending?.time === now) {
      for (const task of ending.items) {
        end(task, present, now);
        policy.ended(task);
        times.push(now - task.job.submitSeconds);
        makespanSeconds = now;
      }
    }
    if (now === soonest && arriving?.time === now) {
      next++;
      for (const job of arriving.items) {
        present.push(taskOf(job));
        policy.arrived(present.at(-1)!);
      }
    }
    for (const task of present) advance(task, now);
    policy.choose(present);
    ending = firstEnding(present, now);
    look = policy.nextLook(present, now);
  }
  return outcome(times, makespanSeconds);
}

interface Batch<Item> {
  time: number;
  items: Item[];
}

/** Times that differ in their last digits only are one, as in the published simulator. */
function together<Item>(entries: readonly { time: number; item: Item }[]): Batch<Item>[] {
  const batches: Batch<Item>[] = [];
  for (const { time, item } of entries) {
    const same = batches.findLast((batch) => isClose(batch.time, time));
    if (same) same.items.push(item);
    else batches.push({ time, items: [item] });
  }
  return batches.sort((a, b) => a.time - b.time);
}

function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}

function taskOf(job: MuriJob): MuriTask {
  const { id, gpus, iterations, submitSeconds } = job;
  return {
    job,
    id,
    gpus,
    remainingIterations: iterations,
    attainedSeconds: 0,
    isRunning: false,
    checkedAt: submitSeconds,
  };
}

function advance(task: MuriTask, now: number): void {
  const elapsed = now - task.checkedAt;
  task.checkedAt = now;
  if (!task.isRunning) return;
  task.attainedSeconds += elapsed;
  task.remainingIterations -= Math.max(elapsed - task.job.restartSeconds, 0) / task.job.iterationSeconds;
}

/** It ends when it was foreseen to, whatever a restart would have taken of its last stretch. */
function end(task: MuriTask, present: MuriTask[], now: number): void {
  task.attainedSeconds += now - task.checkedAt;
  task.isRunning = false;
  present.splice(present.indexOf(task), 1);
}

function firstEnding(present: readonly MuriTask[], now: number): Batch<MuriTask> | null {
  const running = present.filter((task) => task.isRunning);
  const ends = running.map((task) => ({ time: now + remainingSeconds(task), item: task }));
  return together(ends)[0] ?? null;
}

export function remainingSeconds(task: MuriTask): number {
  return task.remainingIterations * task.job.iterationSeconds;
}

function outcome(times: number[], makespanSeconds: number): MuriOutcome {
  const avgJctSeconds = times.reduce((sum, one) => sum + one, 0) / times.length;
  const p99JctSeconds = times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)]!;
  return { avgJctSeconds, makespanSeconds, p99JctSeconds };
}
