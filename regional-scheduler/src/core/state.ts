/**
 * Everything the scheduler knows: the fold of its events (apply-event.ts), and nothing else. What is here is either
 * told by events or follows from what is; arrangements that make deciding fast (heaps, classes, parked shapes) change
 * no decision. Only apply-event.ts writes it.
 */
import type { AttemptId, HostId, JobId } from '@cellbook/shared/ids.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import { type ContainState, newContainState } from './contain/contain.ts';
import type { FailedAttempt } from './contain/retry.ts';
import { Fleet } from './fleet/fleet.ts';
import type { Host, LiveAttempt, Reservation } from './fleet/host.ts';
import { JobTable, type LivePhase, type Row } from './jobs/job-table.ts';
import type { Tries } from './jobs/tries.ts';
import { defaultPolicy } from './model/default-policy.ts';
import type { Attempt, JobSpec } from './model/job.ts';
import type { RegionPolicy } from './model/policy.ts';
import { Mix } from './place/mix.ts';
import { Heap, type HeapOrder } from './queue/heap.ts';
import { jobOrder, lineOrder } from './queue/line.ts';
import { TierQueue } from './queue/tier-queue.ts';
import { type CapacityState, newCapacity } from './scale/capacity.ts';

export interface SchedulerState {
  policy: RegionPolicy;
  /** Of the last leader, and when its term began: whoever was silent was silent to it from then on. */
  epoch: number;
  termBeganMs: number;
  /** Of the last event. */
  atMs: number;
  nextSequence: number;
  jobs: JobTable;
  tries: Map<Row, Tries>;
  tiers: Record<Tier, TierQueue>;
  fleet: Fleet;
  attempts: Map<AttemptId, LiveAttempt>;
  reservations: Map<JobId, Reservation>;
  /** Held jobs by when they are due; waiting and running ones by deadline. */
  held: Heap<Row>;
  deadlines: Heap<Row>;
  /** Attempts by when they are to be looked at. */
  watched: Heap<LiveAttempt>;
  /** What is usually asked for: by it a place is judged. */
  mix: Mix;
  /** Hosts that a provider gives (scale/). */
  capacity: CapacityState;
  /** Of failures: classes of prompts, hosts, versions (contain/). */
  contain: ContainState;
}

export function newState(): SchedulerState {
  const jobs = new JobTable();
  const ordering = jobOrder(jobs);
  const orders = { jobs: ordering, lines: lineOrder(ordering) };
  return {
    policy: defaultPolicy,
    epoch: 0,
    termBeganMs: 0,
    atMs: 0,
    nextSequence: 1,
    jobs,
    tries: new Map(),
    tiers: {
      free: new TierQueue('free', jobs, orders),
      paid: new TierQueue('paid', jobs, orders),
      enterprise: new TierQueue('enterprise', jobs, orders),
    },
    fleet: new Fleet(),
    attempts: new Map(),
    reservations: new Map(),
    held: new Heap(byTime(jobs, 'heldUntilMs', 'heapAt')),
    deadlines: new Heap(byTime(jobs, 'deadlineMs', 'deadlineAt')),
    watched: new Heap(byWatch),
    mix: new Mix(),
    capacity: newCapacity(),
    contain: newContainState(),
  };
}

/** A job as a reader sees it: a copy. */
export interface JobView {
  spec: JobSpec;
  phase: LivePhase;
  attempt: Attempt | null;
  cancelAsked: boolean;
  /** Of its ended attempts, together. */
  ranMs: number;
  savedMs: number;
  checkpointKey: string | null;
  attempts: number;
  preemptions: number;
  failures: readonly FailedAttempt[];
  heldUntilMs: number | null;
}

export function jobView(state: SchedulerState, jobId: JobId): JobView | null {
  const row = state.jobs.rowOf(jobId);
  if (row === undefined) return null;
  const tries = state.tries.get(row);
  const phase = state.jobs.phaseOf(row);
  return {
    spec: state.jobs.spec(row),
    phase,
    attempt: tries?.live ?? null,
    cancelAsked: tries !== undefined && tries.cancel !== null,
    ranMs: tries?.ranMs ?? 0,
    savedMs: tries?.savedMs ?? 0,
    checkpointKey: tries?.checkpointKey ?? null,
    attempts: tries?.attempts ?? 0,
    preemptions: tries?.preemptions ?? 0,
    failures: tries?.failures ?? [],
    heldUntilMs: phase === 'held' ? state.jobs.heldUntilMs[row]! : null,
  };
}

export function hostOf(state: SchedulerState, hostId: HostId): Host | null {
  return state.fleet.hosts.get(hostId) ?? null;
}

const byWatch: HeapOrder<LiveAttempt> = {
  rank: ({ watchMs }) => watchMs,
  before: (a, b) => a.attemptId < b.attemptId,
  placed(attempt, at) {
    attempt.watchAt = at;
  },
};

/** Rows by a time, then by arrival. */
function byTime(jobs: JobTable, time: 'heldUntilMs' | 'deadlineMs', place: 'heapAt' | 'deadlineAt') {
  return {
    rank: (row: Row): number => jobs[time][row]!,
    before: (a: Row, b: Row): boolean => jobs.sequence[a]! < jobs.sequence[b]!,
    placed(row: Row, at: number): void {
      jobs[place][row] = at;
    },
  };
}
