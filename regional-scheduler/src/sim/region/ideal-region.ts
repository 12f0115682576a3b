/**
 * The real core over hosts and agents that do at once and without fail what they are told: for weeks of jobs in seconds.
 * What comes is applied, then `decide` is asked once for that moment; it is asked again every `lookMs` while somebody
 * waits, as the leader does. A job runs as long as it is said to; one that is preempted stops after `stopMs`, with its
 * work saved where it can.
 */
import type { AttemptId, HostId, JobId } from '@cellbook/shared/ids.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { applyEvent } from '../../core/apply-event.ts';
import { decide } from '../../core/decide.ts';
import type { SchedulerEvent } from '../../core/model/event.ts';
import type { HostSpec } from '../../core/model/host.ts';
import type { AttemptOutcome, JobSpec } from '../../core/model/job.ts';
import type { RegionPolicy } from '../../core/model/policy.ts';
import { newState, type SchedulerState } from '../../core/state.ts';
import { Timeline } from '../timeline.ts';

export interface RegionRun {
  jobId: JobId;
  attemptId: AttemptId;
  hostId: HostId;
  gpus: number;
  startedMs: number;
  savedMs: number;
  isOver: boolean;
}

export interface RegionTruth {
  /** Of one whole run on this host. */
  runMs: number;
  outcome: AttemptOutcome;
}

export interface RegionOptions {
  policy: RegionPolicy;
  hosts: readonly HostSpec[];
  random: Random;
  lookMs: number;
  /** How long a preempted job takes to save and stop, at the most. */
  stopMs: number;
  truthOf(jobId: JobId, run: { number: number; hostId: HostId }): RegionTruth;
  after(
    job: JobSpec,
    end: { outcome: AttemptOutcome; ranMs: number; attemptId: AttemptId },
    nowMs: number,
    state: SchedulerState,
  ): { retryAtMs: number | null; phase: 'succeeded' | 'failed' | 'dead_lettered' };
  /** Every event, after it was applied. */
  saw(event: SchedulerEvent, nowMs: number): void;
}

export class IdealRegion {
  readonly timeline = new Timeline();
  readonly state: SchedulerState = newState();
  readonly runs = new Map<AttemptId, RegionRun>();
  readonly #jobs = new Map<JobId, JobSpec>();
  readonly #tries = new Map<JobId, number>();
  readonly #options: RegionOptions;
  #waiting = 0;
  #isLooking = false;
  #isDue = false;

  constructor(options: RegionOptions) {
    this.#options = options;
    const { policy, hosts } = options;
    this.#apply({ type: 'policy_set', atMs: 0, policy });
    this.#apply({ type: 'term_began', atMs: 0, epoch: 1 });
    for (const host of hosts)
      this.#apply({ type: 'host_changed', atMs: 0, host, phase: 'up', because: 'there from the start' });
  }

  get waiting(): number {
    return this.#waiting;
  }

  submit(job: JobSpec): void {
    this.#jobs.set(job.jobId, job);
    this.#apply({ type: 'job_submitted', atMs: this.timeline.nowMs, job });
    this.#lookSoon();
  }

  specOf(jobId: JobId): JobSpec | undefined {
    return this.#jobs.get(jobId);
  }

  #apply(event: SchedulerEvent): void {
    if (!applyEvent(this.state, event)) return;
    this.#heard(event);
  }

  #heard(event: SchedulerEvent): void {
    if (event.type === 'job_submitted') this.#waiting++;
    if (event.type === 'job_placed') this.#waiting--;
    if (event.type === 'attempt_ended' && event.retryAtMs !== null) this.#waiting++;
    this.#options.saw(event, this.timeline.nowMs);
  }

  /** After everything else of this moment. */
  #lookSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.timeline.after(0, () => {
      this.#isDue = false;
      this.#look();
    });
  }

  #look(): void {
    const nowMs = this.timeline.nowMs;
    for (const event of decide(this.state, nowMs, this.#options.random)) {
      this.#heard(event);
      if (event.type === 'job_placed') this.#start(event);
      if (event.type === 'preemption_asked') this.#preempt(event.attemptId);
    }
    if (this.#waiting === 0 || this.#isLooking) return;
    this.#isLooking = true;
    this.timeline.after(this.#options.lookMs, () => {
      this.#isLooking = false;
      this.#look();
    });
  }

  #start({ jobId, attemptId, hostId, devices }: Extract<SchedulerEvent, { type: 'job_placed' }>): void {
    const startedMs = this.timeline.nowMs;
    const number = this.#tries.get(jobId) ?? 0;
    this.#tries.set(jobId, number + 1);
    const savedMs = this.state.attempts.get(attemptId)?.savedMs ?? 0;
    const run = { jobId, attemptId, hostId, gpus: devices.length, startedMs, savedMs, isOver: false };
    this.runs.set(attemptId, run);
    this.#apply({ type: 'attempt_started', atMs: startedMs, jobId, attemptId });
    const { runMs, outcome } = this.#options.truthOf(jobId, { number, hostId });
    this.timeline.after(Math.max(1, runMs - savedMs), () => this.#end(run, outcome, savedMs));
  }

  #preempt(attemptId: AttemptId): void {
    const run = this.runs.get(attemptId);
    if (!run) return;
    const { checkpoints } = this.#jobs.get(run.jobId)!;
    this.timeline.after(checkpoints ? this.#options.stopMs : 1_000, () => {
      const ranMs = this.timeline.nowMs - run.startedMs;
      this.#end(run, { kind: 'preempted' }, checkpoints ? run.savedMs + ranMs : run.savedMs);
    });
  }

  #end(run: RegionRun, outcome: AttemptOutcome, savedMs: number): void {
    if (run.isOver) return;
    run.isOver = true;
    this.runs.delete(run.attemptId);
    const { jobId, attemptId } = run;
    const nowMs = this.timeline.nowMs;
    const ranMs = nowMs - run.startedMs;
    const job = this.#jobs.get(jobId)!;
    const after =
      outcome.kind === 'preempted'
        ? { retryAtMs: nowMs, phase: 'failed' as const }
        : this.#options.after(job, { outcome, ranMs, attemptId }, nowMs, this.state);
    const { retryAtMs, phase } = after;
    this.#apply({ type: 'attempt_ended', atMs: nowMs, jobId, attemptId, outcome, ranMs, savedMs, retryAtMs });
    if (retryAtMs === null) {
      this.#apply({ type: 'job_ended', atMs: nowMs, jobId, phase, because: 'simulated' });
      this.#jobs.delete(jobId);
      this.#tries.delete(jobId);
    }
    this.#lookSoon();
  }
}
