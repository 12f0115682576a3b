/**
 * What the committed log says, folded a second time by other code than the scheduler's: who holds what, how often each
 * job was tried and preempted, and how it ended. Each event is judged as it comes.
 */
import type { AttemptId, HostId, JobId, OrgId } from '@cellbook/shared/ids.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { SchedulerEvent } from '../../core/model/event.ts';
import type { HostPhase, HostSpec } from '../../core/model/host.ts';
import type { AttemptOutcome, JobPhase, JobSpec } from '../../core/model/job.ts';
import { endedPhases } from '../../core/model/job.ts';
import * as invariants from './invariants.ts';

export interface SeenAttempt {
  attemptId: AttemptId;
  jobId: JobId;
  hostId: HostId;
  devices: readonly number[];
  placedMs: number;
  startedMs: number | null;
  preempting: boolean;
  outcome: AttemptOutcome | null;
}

export interface SeenJob {
  spec: JobSpec;
  phase: JobPhase;
  attempts: SeenAttempt[];
  preemptions: number;
  cancelAsked: boolean;
  ends: number;
}

export interface SeenHost {
  spec: HostSpec;
  phase: HostPhase;
  /** By device. */
  holders: Map<number, AttemptId>;
}

export interface Rules {
  ceilings: Record<Tier, number>;
  skuPrice: Record<string, number>;
  preemptionsMax: number;
  ranMsMin: number;
}

export class Ledger {
  readonly jobs = new Map<JobId, SeenJob>();
  readonly hosts = new Map<HostId, SeenHost>();
  readonly runningMax = new Map<OrgId, number | null>();
  preemptions = 0;
  decisions = 0;
  lastAtMs = 0;
  readonly #rules: Rules;
  readonly #judge: (verdict: string | null) => void;

  constructor(rules: Rules, judge: (verdict: string | null) => void) {
    this.#rules = rules;
    this.#judge = judge;
  }

  fold(event: SchedulerEvent): void {
    const job = 'jobId' in event ? this.jobs.get(event.jobId) : undefined;
    if (event.type !== 'job_submitted' && 'jobId' in event && !job) {
      this.#judge(`${event.type} of ${event.jobId}, which nobody submitted`);
      return;
    }
    if (job) this.#judge(invariants.always_nothing_after_the_end(job, event));
    if (decided.has(event.type)) this.decisions++;
    this.#fold(event, job);
  }

  #fold(event: SchedulerEvent, job: SeenJob | undefined): void {
    if (event.type === 'job_submitted') this.#submit(event.job, event.atMs);
    else if (event.type === 'host_changed') this.#changeHost(event.host, event.phase);
    else if (event.type === 'customer_set') this.runningMax.set(event.orgId, event.runningMax);
    else if (job) this.#foldJob(event, job);
  }

  #foldJob(event: SchedulerEvent, job: SeenJob): void {
    switch (event.type) {
      case 'job_released':
        this.#enter(job, 'queued', ['held']);
        break;
      case 'job_held':
        this.#enter(job, 'held', ['queued', 'held']);
        break;
      case 'job_placed':
        this.#place(job, event);
        break;
      case 'attempt_started':
        this.#attempt(job, event.attemptId).startedMs = event.atMs;
        this.#enter(job, 'running', ['scheduled']);
        break;
      case 'preemption_asked':
        this.#preempt(job, event);
        break;
      case 'attempt_ended':
        this.#endAttempt(job, event);
        break;
      case 'cancel_asked':
        job.cancelAsked = true;
        break;
      case 'job_ended':
        this.#end(job, event.phase);
        break;
      case 'job_taken_up':
        this.#takenUp(job);
        break;
      case 'spill_offered':
        this.#enter(job, 'spilling', ['queued']);
        break;
      case 'spill_settled':
        this.#enter(job, event.taken ? 'spilled' : 'queued', ['spilling']);
        break;
      default:
    }
  }

  liveAttempts(): SeenAttempt[] {
    return [...this.jobs.values()].flatMap(({ attempts }) =>
      attempts.filter(({ outcome }) => outcome === null),
    );
  }

  isOver(job: SeenJob): boolean {
    return isEnded(job.phase) || job.phase === 'spilled';
  }

  /** Of all GPUs that may be used, by what they cost. */
  capacity(): number {
    let sum = 0;
    for (const { spec, phase } of this.hosts.values())
      if (phase === 'up' || phase === 'draining')
        sum += (spec.gpus - spec.unhealthy.length) * this.price(spec.sku);
    return sum;
  }

  held(of: (job: SeenJob) => boolean): number {
    let sum = 0;
    for (const attempt of this.liveAttempts()) {
      const job = this.jobs.get(attempt.jobId)!;
      if (of(job)) sum += attempt.devices.length * this.price(this.hosts.get(attempt.hostId)!.spec.sku);
    }
    return sum;
  }

  price(sku: string): number {
    return this.#rules.skuPrice[sku] ?? 1;
  }

  #submit(spec: JobSpec, atMs: number): void {
    this.#judge(this.jobs.has(spec.jobId) ? `${spec.jobId} is submitted twice` : null);
    const phase = spec.notBeforeMs !== null && spec.notBeforeMs > atMs ? 'held' : 'queued';
    this.jobs.set(spec.jobId, { spec, phase, attempts: [], preemptions: 0, cancelAsked: false, ends: 0 });
  }

  #enter(job: SeenJob, phase: JobPhase, from: readonly JobPhase[]): void {
    this.#judge(invariants.always_a_chain(job, phase, from));
    job.phase = phase;
  }

  #place(job: SeenJob, event: Extract<SchedulerEvent, { type: 'job_placed' }>): void {
    const { attemptId, hostId, devices, jobId, atMs } = event;
    const host = this.hosts.get(hostId);
    this.#judge(invariants.always_all_or_nothing(job, host ?? null, devices));
    this.#judge(invariants.always_never_again_where_it_failed(job, hostId));
    if (!host) return;
    for (const device of devices) {
      this.#judge(invariants.always_one_holder_per_gpu(host, device));
      host.holders.set(device, attemptId);
    }
    const open = job.attempts.filter(({ outcome }) => outcome === null);
    this.#judge(invariants.always_one_attempt_per_job(job, open.length));
    const fresh = { attemptId, jobId, hostId, devices, placedMs: atMs, startedMs: null };
    job.attempts.push({ ...fresh, preempting: false, outcome: null });
    this.#enter(job, 'scheduled', ['queued']);
    const { tier, orgId } = job.spec;
    const held = this.held((one) => one.spec.tier === tier);
    this.#judge(
      invariants.always_below_its_ceiling(tier, held, this.#rules.ceilings[tier] * this.capacity()),
    );
    const max = this.runningMax.get(orgId) ?? null;
    const running = this.liveAttempts().filter((one) => this.jobs.get(one.jobId)!.spec.orgId === orgId);
    this.#judge(invariants.always_within_its_running_max(orgId, running.length, max));
  }

  #end(job: SeenJob, phase: JobPhase): void {
    job.ends++;
    this.#judge(invariants.always_no_attempt_left(job, phase));
    this.#judge(invariants.always_judged_by_two_hosts(job, phase, [...this.hosts.values()]));
    this.#enter(job, phase, ['queued', 'held', 'scheduled', 'running', 'spilling']);
  }

  #preempt(job: SeenJob, event: Extract<SchedulerEvent, { type: 'preemption_asked' }>): void {
    const attempt = this.#attempt(job, event.attemptId);
    this.preemptions++;
    attempt.preempting = true;
    this.#judge(invariants.always_spared_when_preempted_enough(job, this.#rules.preemptionsMax));
    this.#judge(invariants.always_left_its_minimum(job, attempt, event.atMs, this.#rules.ranMsMin));
    const gainer = this.jobs.get(event.forJobId);
    this.#judge(invariants.always_preempted_for_who_waits(job, gainer ?? null));
  }

  #endAttempt(job: SeenJob, event: Extract<SchedulerEvent, { type: 'attempt_ended' }>): void {
    const attempt = this.#attempt(job, event.attemptId);
    this.#judge(invariants.always_ends_once(attempt));
    attempt.outcome = event.outcome;
    if (attempt.preempting && event.outcome.kind === 'preempted') job.preemptions++;
    const host = this.hosts.get(attempt.hostId);
    for (const device of attempt.devices) host?.holders.delete(device);
    if (event.retryAtMs !== null) {
      this.#judge(invariants.always_within_its_attempts(job));
      this.#enter(job, event.retryAtMs > event.atMs ? 'held' : 'queued', ['scheduled', 'running']);
    }
  }

  /** An attempt that was placed was never begun. */
  #takenUp(job: SeenJob): void {
    const open = job.attempts.find(({ outcome }) => outcome === null);
    if (open) {
      this.#judge(invariants.always_untouched_when_taken_up(job, open));
      open.outcome = { kind: 'cancelled' };
      for (const device of open.devices) this.hosts.get(open.hostId)?.holders.delete(device);
    }
    this.#enter(job, 'spilled', ['queued', 'held', 'scheduled', 'spilling']);
  }

  #attempt(job: SeenJob, attemptId: AttemptId): SeenAttempt {
    const attempt = job.attempts.find((one) => one.attemptId === attemptId);
    if (attempt) return attempt;
    this.#judge(`${attemptId} is none of ${job.spec.jobId}’s`);
    const { jobId } = job.spec;
    const none = { hostId: '' as HostId, devices: [], placedMs: 0, startedMs: null, preempting: false };
    return { attemptId, jobId, ...none, outcome: null };
  }

  #changeHost(spec: HostSpec, phase: HostPhase): void {
    const known = this.hosts.get(spec.hostId);
    this.#judge(invariants.always_rising_generations(spec, known?.spec.generation ?? 0));
    if (known) Object.assign(known, { spec, phase });
    else this.hosts.set(spec.hostId, { spec, phase, holders: new Map() });
  }
}

/** What `decide` says, apart from what is only told on. */
const decided = new Set<SchedulerEvent['type']>([
  'job_placed',
  'preemption_asked',
  'job_ended',
  'job_held',
  'job_released',
]);

export function isEnded(phase: JobPhase): boolean {
  return (endedPhases as readonly JobPhase[]).includes(phase);
}
