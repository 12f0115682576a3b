/**
 * The real core over hosts and agents that do at once and without fail what they are told: for weeks of jobs in seconds.
 * What comes is applied, then `decide` is asked once for that moment; it is asked again every `lookMs` while somebody
 * waits, as the leader does. A job runs as long as it is said to; one that is preempted stops after `stopMs`, with its
 * work saved where it can; one that hangs is stopped when the watch on its class of requests says so.
 */
import type { AttemptId, HostId, JobId } from '@cellbook/shared/ids.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { applyEvent } from '../../core/apply-event.ts';
import { watchMs } from '../../core/contain/watch.ts';
import { decide } from '../../core/decide.ts';
import type { SchedulerEvent } from '../../core/model/event.ts';
import type { HostSpec } from '../../core/model/host.ts';
import type { AttemptOutcome, JobSpec } from '../../core/model/job.ts';
import type { RegionPolicy } from '../../core/model/policy.ts';
import { hostView, judgeAttempt } from '../../core/reports/state-views.ts';
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

/** Of one whole run; null: it hangs until it is stopped. */
export type RegionTruth = { runMs: number; outcome: AttemptOutcome } | null;

export interface RegionOptions {
  policy: RegionPolicy;
  hosts: readonly HostSpec[];
  random: Random;
  lookMs: number;
  /** How long a preempted job takes to save and stop, at the most. */
  stopMs: number;
  truthOf(jobId: JobId, run: { number: number; hostId: HostId }): RegionTruth;
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
  readonly #waiting = new Set<JobId>();
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
    return this.#waiting.size;
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
    if (event.type === 'job_submitted') this.#waiting.add(event.job.jobId);
    if (event.type === 'job_placed' || event.type === 'job_ended') this.#waiting.delete(event.jobId);
    if (event.type === 'attempt_ended' && event.retryAtMs !== null) this.#waiting.add(event.jobId);
    this.#options.saw(event, this.timeline.nowMs);
    if (event.type !== 'job_ended') return;
    this.#jobs.delete(event.jobId);
    this.#tries.delete(event.jobId);
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
    if (this.#waiting.size === 0 || this.#isLooking) return;
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
    const truth = this.#options.truthOf(jobId, { number, hostId });
    if (truth)
      this.timeline.after(Math.max(1, truth.runMs - savedMs), () => this.#end(run, truth.outcome, savedMs));
    else this.#watch(run);
  }

  /** As an agent does, which is told anew how long it may run by each answer. */
  #watch(run: RegionRun): void {
    if (run.isOver) return;
    const ranMs = this.timeline.nowMs - run.startedMs;
    const mayRunMs = watchMs(this.state.contain.classes, this.#jobs.get(run.jobId)!);
    if (ranMs >= mayRunMs) this.#end(run, hung, run.savedMs);
    else this.timeline.after(Math.min(reportMs, Math.ceil(mayRunMs - ranMs)), () => this.#watch(run));
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
    const view = hostView(this.state, run.hostId)?.attempts.find(
      (one) => one.attempt.attemptId === attemptId,
    );
    if (!view) throw new Error(`${attemptId} is not on record`);
    const judge = judgeAttempt(this.state, this.#options.random);
    const after = judge(view, { outcome, ranMs, savedMs }, nowMs);
    const { retryAtMs } = after;
    this.#apply({ type: 'attempt_ended', atMs: nowMs, jobId, attemptId, outcome, ranMs, savedMs, retryAtMs });
    if (after.retryAtMs === null)
      this.#apply({ type: 'job_ended', atMs: nowMs, jobId, phase: after.phase, because: after.because });
    this.#lookSoon();
  }
}

const reportMs = 5_000;
const hung: AttemptOutcome = { kind: 'failed', class: 'hung', detail: 'simulated' };
