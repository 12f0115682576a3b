/**
 * The real core over hosts and agents that do at once and without fail what they are told: for weeks of jobs in seconds.
 * What comes is applied, then `decide` is asked once for that moment; it is asked again every `lookMs` while somebody
 * waits, as the leader does. A job runs as long as it is said to; one that is preempted stops after `stopMs`, with its
 * work saved where it can, and what goes on from there first takes `restoreMs` to be where it was; one that hangs is
 * stopped when the watch on its class of requests says so.
 */
import type { AttemptId, HostId, JobId } from '@cellbook/shared/ids.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { SimulatedNodes } from '../../capacity/simulated-nodes.ts';
import { applyEvent } from '../../core/apply-event.ts';
import { watchMs } from '../../core/contain/watch.ts';
import { decide } from '../../core/decide.ts';
import type { SchedulerEvent } from '../../core/model/event.ts';
import type { HostSpec } from '../../core/model/host.ts';
import type { AttemptOutcome, JobSpec } from '../../core/model/job.ts';
import type { RegionPolicy } from '../../core/model/policy.ts';
import type { EventOf } from '../../core/record/event-of.ts';
import { hostView, judgeAttempt } from '../../core/reports/state-views.ts';
import type { NodeRecord } from '../../core/scale/capacity.ts';
import { reconcile } from '../../core/scale/reconcile.ts';
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
  /** What going on from a checkpoint costs. */
  restoreMs: number;
  truthOf(jobId: JobId, run: { number: number; hostId: HostId }): RegionTruth;
  /** Where hosts come from that the policy asks for; null: from nowhere. */
  nodes: SimulatedNodes<NodeRequest> | null;
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
    if (options.nodes) this.#provide(options.nodes);
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

  /** As the driver of a real provider does (capacity/driver.ts), and its hosts' agents. */
  #provide(nodes: SimulatedNodes<NodeRequest>): void {
    const { nowMs } = this.timeline;
    for (const { what, request } of nodes.pass(nowMs))
      if (what === 'up') this.#apply({ type: 'host_changed', atMs: nowMs, ...cameUp(request) });
    const listed = nodes.list().map(({ requestKey, ...rest }) => ({ node: requestKey, ...rest }));
    const plan = reconcile(this.state.capacity, listed);
    for (const { node, hostId, kind } of plan.create) nodes.create({ requestKey: node, hostId, kind }, nowMs);
    for (const node of plan.remove) nodes.remove(node, nowMs);
    for (const event of plan.events) this.#apply({ ...event, atMs: nowMs });
    this.#look();
    this.timeline.after(provideMs, () => this.#provide(nodes));
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
    if (truth) {
      const leftMs = this.#restoringMs(run) + Math.max(1, truth.runMs - savedMs);
      this.timeline.after(leftMs, () => this.#end(run, truth.outcome, savedMs));
    } else this.#watch(run);
  }

  #restoringMs({ savedMs }: RegionRun): number {
    return savedMs > 0 ? this.#options.restoreMs : 0;
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
      const workedMs = Math.max(0, this.timeline.nowMs - run.startedMs - this.#restoringMs(run));
      this.#end(run, { kind: 'preempted' }, checkpoints ? run.savedMs + workedMs : run.savedMs);
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

export type NodeRequest = Pick<NodeRecord, 'hostId' | 'kind'> & { requestKey: string };

function cameUp({ hostId, kind }: NodeRequest): Pick<EventOf<'host_changed'>, 'host' | 'phase' | 'because'> {
  const { sku, gpus, gpuMemoryMib } = kind;
  const host = { hostId, sku, gpus, gpuMemoryMib, rack: 'provided', generation: 1, unhealthy: [] };
  return { host, phase: 'up', because: 'its agent reported' };
}

const provideMs = 5_000;
const reportMs = 5_000;
const hung: AttemptOutcome = { kind: 'failed', class: 'hung', detail: 'simulated' };
