/**
 * A job as the scheduler sees it. `phase` has one transition function (apply-event.ts); the table:
 *
 *     submitted ─▶ queued ─▶ scheduled ─▶ running ─▶ succeeded | failed | timed_out | cancelled | dead_lettered
 *        │           ▲ │  ▲       │          │
 *        │           │ │  └──── retry, preempted (back to queued, with what its checkpoint saved)
 *        │           │ └─▶ spilling ─▶ spilled (another region's from then on) | back to queued
 *        └─▶ held ───┘     (not before a time, its class is throttled, or its repeat is not due)
 *
 * From any of them that is not running it may be `spilled` at once: another region took it up while this one was lost.
 */
import type { AttemptId, HostId, JobId, OrgId, RegionId, UserId } from '@cellbook/shared/ids.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';

export const endedPhases = ['succeeded', 'failed', 'timed_out', 'cancelled', 'dead_lettered'] as const;
export type EndedPhase = (typeof endedPhases)[number];
export type JobPhase = 'held' | 'queued' | 'scheduled' | 'running' | 'spilling' | 'spilled' | EndedPhase;

/** What was asked for, and what was worked out about it when it came; it never changes. */
export interface JobSpec {
  jobId: JobId;
  /** The customer: the unit of fairness inside a tier. */
  orgId: OrgId;
  userId: UserId;
  tier: Tier;
  /** `video`, `notebook` or whatever task kinds agents know. */
  kind: string;
  /** Which opaque program; its version is chosen when the job is placed (roll-out). */
  binary: string;
  /** What the prompt and parameters look like, by names nobody listed (`steps:50`, `word:fractal`): containment. */
  features: readonly string[];
  /** 1–8, all on one host, all or nothing. */
  gpus: number;
  /** GPU models that will do; null: any. */
  skus: readonly string[] | null;
  /** Of each GPU, in MiB. */
  gpuMemoryMib: number;
  submittedMs: number;
  /** Not before; null: at once. */
  notBeforeMs: number | null;
  /** Useless after; null: never. It times out in the queue as well as when running. */
  deadlineMs: number | null;
  /** The most that all its attempts may run together. */
  wallMsMax: number;
  attemptsMax: number;
  /** What was predicted when it came: of one whole run on the reference SKU. `seen` 0: nobody knows. */
  predicted: { p50Ms: number; p95Ms: number; seen: number; model: string };
  /** Whether it may be stopped for others; enterprise customers may ask that it is not. */
  preemptible: boolean;
  /** Whether the binary goes on from a checkpoint; else a preemption throws its work away. */
  checkpoints: boolean;
  /** A person waits in front of it: placed before batch jobs of its tier, never backfilled around. */
  interactive: boolean;
  /** Regions it may run in; null: any. */
  regions: readonly RegionId[] | null;
  /** Reserved of the customer's spend cap, in millionths of the account's unit. */
  reservedMicros: number;
}

/** How an attempt ended, by class: what decides whether it is tried again, and on what evidence against whom. */
export type FailureClass =
  | 'crashed'
  | 'out_of_memory'
  | 'hung'
  | 'no_progress'
  | 'wall_clock'
  | 'bad_output'
  | 'host_fault'
  | 'lost'
  | 'refused';

export type AttemptOutcome =
  | { kind: 'succeeded'; resultKey: string; bytes: number }
  | { kind: 'failed'; class: FailureClass; detail: string }
  | { kind: 'preempted' }
  | { kind: 'cancelled' };

export interface Attempt {
  attemptId: AttemptId;
  hostId: HostId;
  devices: readonly number[];
  version: string;
  placedMs: number;
  /** Null until the agent says that it runs. */
  startedMs: number | null;
  /** What the last checkpoint saved, in milliseconds of running time of the whole job. */
  savedMs: number;
  checkpointKey: string | null;
  /** 0–1 as the binary tells it; null: it tells nothing. */
  progress: number | null;
  /** Set once somebody needs its GPUs: by when it must have stopped. */
  preempting: { forJobId: JobId; stopByMs: number } | null;
}
