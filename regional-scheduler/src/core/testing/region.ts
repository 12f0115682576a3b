/** A small region for tests: hosts, jobs by a few words, and the end of what runs. */
import {
  type AttemptId,
  type HostId,
  hostIdSchema,
  type JobId,
  newJobId,
  type OrgId,
  orgIdSchema,
  userIdSchema,
} from '@cellbook/shared/ids.ts';
import { type Random, seededRandom } from '@cellbook/shared/random.ts';
import { applyEvent } from '../apply-event.ts';
import { decide } from '../decide.ts';
import type { SchedulerEvent } from '../model/event.ts';
import type { HostSpec } from '../model/host.ts';
import type { AttemptOutcome, JobSpec } from '../model/job.ts';
import type { RegionPolicy } from '../model/policy.ts';
import { judgeAttempt } from '../reports/state-views.ts';
import { newState, type SchedulerState } from '../state.ts';

export const startMs = 1_750_000_000_000;

export function org(number: number): OrgId {
  return orgIdSchema.parse(`org-${String(number).padStart(20, '0')}`);
}

export function host(name: string, more: Partial<HostSpec> = {}): HostSpec {
  return {
    hostId: hostIdSchema.parse(name),
    sku: 'H100',
    rack: 'r1',
    gpus: 8,
    gpuMemoryMib: 81_559,
    generation: 1,
    unhealthy: [],
    ...more,
  };
}

/** Runs for as long as was predicted, unless a test says otherwise. */
export interface JobWords extends Partial<JobSpec> {
  customer?: number;
  runMs?: number;
}

export class Region {
  readonly state: SchedulerState = newState();
  readonly log: SchedulerEvent[] = [];
  readonly random: Random;
  nowMs = startMs;

  constructor(seed = 1) {
    this.random = seededRandom(seed);
    this.apply({ type: 'term_began', atMs: this.nowMs, epoch: 1 });
  }

  apply(event: SchedulerEvent): boolean {
    const isApplied = applyEvent(this.state, event);
    if (isApplied) this.log.push(event);
    return isApplied;
  }

  policy(change: (policy: RegionPolicy) => RegionPolicy): void {
    this.apply({ type: 'policy_set', atMs: this.nowMs, policy: change(this.state.policy) });
  }

  hosts(...specs: HostSpec[]): void {
    for (const spec of specs) this.hostIs(spec, 'up');
  }

  hostIs(spec: HostSpec, phase: 'up' | 'draining' | 'quarantined' | 'silent' | 'gone'): void {
    this.apply({ type: 'host_changed', atMs: this.nowMs, host: spec, phase, because: 'a test says so' });
  }

  submit({ customer = 1, runMs = 60_000, ...words }: JobWords = {}): JobId {
    const job = jobOf(this.random, this.nowMs, customer, runMs, words);
    this.apply({ type: 'job_submitted', atMs: this.nowMs, job });
    return job.jobId;
  }

  /** Decides until there is nothing left to decide. */
  decide(): SchedulerEvent[] {
    const all: SchedulerEvent[] = [];
    for (;;) {
      const events = decide(this.state, this.nowMs, this.random);
      if (events.length === 0) return all;
      all.push(...events);
      this.log.push(...events);
    }
  }

  started(): void {
    for (const { attemptId, jobId, startedMs } of [...this.state.attempts.values()])
      if (startedMs === null) this.apply({ type: 'attempt_started', atMs: this.nowMs, jobId, attemptId });
  }

  /** The attempt that runs of a job ends. */
  end(jobId: JobId, outcome: AttemptOutcome = succeeded, savedMs = 0): void {
    const attempt = this.attemptOf(jobId);
    if (!attempt) throw new Error(`${jobId} does not run`);
    const { attemptId, startedMs } = attempt;
    const ranMs = startedMs === null ? 0 : this.nowMs - startedMs;
    const row = this.state.jobs.rowOf(jobId)!;
    const view = {
      job: this.state.jobs.spec(row),
      attempt,
      cancelAsked: this.state.tries.get(row)!.cancel !== null,
      ranMs: this.state.tries.get(row)!.ranMs,
    };
    const after = judgeAttempt(this.state, this.random)(view, { outcome, ranMs, savedMs }, this.nowMs);
    const { retryAtMs } = after;
    const atMs = this.nowMs;
    this.apply({ type: 'attempt_ended', atMs, jobId, attemptId, outcome, ranMs, savedMs, retryAtMs });
    if (after.retryAtMs === null)
      this.apply({ type: 'job_ended', atMs, jobId, phase: after.phase, because: after.because });
  }

  attemptOf(jobId: JobId) {
    const row = this.state.jobs.rowOf(jobId);
    return row === undefined ? null : (this.state.tries.get(row)?.live ?? null);
  }

  hostOf(jobId: JobId): HostId | null {
    return this.attemptOf(jobId)?.hostId ?? null;
  }

  running(): { jobId: JobId; attemptId: AttemptId; hostId: HostId }[] {
    return [...this.state.attempts.values()];
  }
}

export const succeeded: AttemptOutcome = { kind: 'succeeded', resultKey: 'results/x', bytes: 1 };
export const crashed: AttemptOutcome = { kind: 'failed', class: 'crashed', detail: 'exit code 1' };

export function jobOf(
  random: Random,
  nowMs: number,
  customer: number,
  runMs: number,
  words: Partial<JobSpec>,
): JobSpec {
  return {
    jobId: newJobId(random),
    orgId: org(customer),
    userId: userIdSchema.parse(`user-${String(customer).padStart(20, '0')}`),
    tier: 'paid',
    kind: 'video',
    binary: 'video-renderer',
    features: [],
    gpus: 1,
    skus: null,
    gpuMemoryMib: 16_000,
    submittedMs: nowMs,
    notBeforeMs: null,
    deadlineMs: null,
    wallMsMax: 3_600_000,
    attemptsMax: 3,
    predicted: { p50Ms: runMs, p95Ms: runMs, seen: 10, model: 'test' },
    preemptible: true,
    checkpoints: true,
    interactive: false,
    regions: null,
    reservedMicros: 0,
    ...words,
  };
}
