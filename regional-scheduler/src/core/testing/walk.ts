/** A region through which days go at random: what comes, what ends and how, hosts that come, fail and go. */
import { type JobId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { type Random, seededRandom } from '@cellbook/shared/random.ts';
import type { SchedulerEvent } from '../model/event.ts';
import type { HostSpec } from '../model/host.ts';
import type { FailureClass, JobSpec } from '../model/job.ts';
import { host, org, Region } from './region.ts';

export interface WalkOptions {
  /** Jobs run exactly as long as was predicted, nothing fails and nobody changes his mind. */
  isCalm?: boolean;
  hosts?: HostSpec[];
  /** How many jobs a step brings at the most. */
  burst?: number;
  job?(random: Random): Partial<JobSpec> & { customer?: number; runMs?: number };
}

const failures: readonly FailureClass[] = ['crashed', 'lost', 'hung', 'out_of_memory', 'host_fault'];

export const mixedHosts: HostSpec[] = [
  host('a-1'),
  host('a-2'),
  host('b-1', { sku: 'A100', gpuMemoryMib: 40_000 }),
  host('b-2', { sku: 'A100', gpuMemoryMib: 40_000, gpus: 4 }),
  host('c-1', { sku: 'L4', gpuMemoryMib: 24_000, gpus: 4 }),
];

export class Walk {
  readonly region: Region;
  readonly #random: Random;
  readonly #options: WalkOptions;
  /** How much longer than predicted each runs. */
  readonly #paces = new Map<JobId, number>();
  readonly #specs: HostSpec[];

  constructor(seed: number, options: WalkOptions = {}) {
    this.#random = seededRandom(seed);
    this.#options = options;
    this.region = new Region(seed + 1);
    this.#specs = [...(options.hosts ?? mixedHosts)];
    this.region.policy((policy) => ({
      ...policy,
      skuPrice: { H100: 2, A100: 1, L4: 0.4 },
      preemption: { ...policy.preemption, ranMsMin: 20_000, burst: 4, refillMs: 5_000 },
    }));
    this.region.hosts(...this.#specs);
  }

  /** Some seconds, and what they bring; then what is decided. */
  step(): SchedulerEvent[] {
    this.region.nowMs += 1 + this.#random.int(15_000);
    this.#endDue();
    for (let jobs = this.#random.int(1 + (this.#options.burst ?? 4)); jobs > 0; jobs--) this.#submit();
    if (!this.#options.isCalm) this.#mischief();
    const events = this.region.decide();
    this.region.started();
    return events;
  }

  /** Nobody comes any more: until everything has ended, or `stepsMax`. */
  drain(stepsMax: number, seen: (events: SchedulerEvent[]) => void = () => {}): void {
    for (let step = 0; step < stepsMax && this.region.state.jobs.size > 0; step++) {
      this.region.nowMs += 30_000;
      this.#endDue();
      seen(this.region.decide());
      this.region.started();
    }
  }

  #submit(): void {
    const random = this.#random;
    const { job = anyJob } = this.#options;
    this.region.submit(job(random));
  }

  #endDue(): void {
    const { state } = this.region;
    for (const attempt of [...state.attempts.values()]) {
      const { jobId, preempting, row } = attempt;
      if (attempt.startedMs === null) continue;
      const savedMs = state.tries.get(row)!.savedMs;
      const runMs = Math.max(1, state.jobs.p50Ms[row]! - savedMs) * this.#pace(jobId);
      const isCancelled = state.tries.get(row)!.cancel !== null;
      if (preempting && attempt.startedMs + runMs > preempting.stopByMs)
        this.region.end(jobId, { kind: 'preempted' }, savedMs + this.region.nowMs - attempt.startedMs);
      else if (isCancelled) this.region.end(jobId, { kind: 'cancelled' });
      else if (attempt.startedMs + runMs <= this.region.nowMs) this.#endOne(jobId);
    }
  }

  #pace(jobId: JobId): number {
    if (this.#options.isCalm) return 1;
    const known = this.#paces.get(jobId) ?? 0.3 + 2 * this.#random.float();
    this.#paces.set(jobId, known);
    return known;
  }

  #endOne(jobId: JobId): void {
    const random = this.#random;
    if (this.#options.isCalm || random.float() < 0.8) this.region.end(jobId);
    else {
      const failure = failures[random.int(failures.length)]!;
      this.region.end(jobId, { kind: 'failed', class: failure, detail: 'at random' });
    }
  }

  #mischief(): void {
    const { region } = this;
    const random = this.#random;
    const roll = random.float();
    const atMs = region.nowMs;
    const live = [...region.state.attempts.values()];
    const anyRow = [...region.state.jobs.rows()][random.int(Math.max(1, region.state.jobs.size))];
    if (roll < 0.1 && anyRow !== undefined)
      region.apply({ type: 'cancel_asked', atMs, jobId: region.state.jobs.ids[anyRow]! });
    else if (roll < 0.3 && live.length > 0) {
      const { jobId, attemptId, startedMs, savedMs } = live[random.int(live.length)]!;
      if (startedMs === null) return;
      const more = savedMs + Math.floor((atMs - startedMs) / 2);
      region.apply({
        type: 'attempt_saved',
        ...{ atMs, jobId, attemptId, savedMs: more, checkpointKey: `c/${more}`, progress: 0.5 },
      });
    } else if (roll < 0.38) this.#changeHost();
    else if (roll < 0.42)
      region.apply({
        type: 'customer_set',
        atMs,
        orgId: org(1 + random.int(5)),
        weight: 1 + random.int(3),
        runningMax: random.float() < 0.5 ? null : 1 + random.int(4),
      });
    else if (roll < 0.46 && anyRow !== undefined) this.#spill(region.state.jobs.ids[anyRow]!);
    else if (roll < 0.5 && anyRow !== undefined) {
      const p50Ms = 10_000 + random.int(300_000);
      const predicted = { p50Ms, p95Ms: p50Ms * 1.5, seen: 3, model: 'again' };
      region.apply({ type: 'job_repredicted', atMs, jobId: region.state.jobs.ids[anyRow]!, predicted });
    }
  }

  #changeHost(): void {
    const random = this.#random;
    const at = random.int(this.#specs.length);
    const phases = ['up', 'draining', 'quarantined', 'gone', 'up', 'up'] as const;
    const unhealthy = random.float() < 0.3 ? [random.int(this.#specs[at]!.gpus)] : [];
    const spec = { ...this.#specs[at]!, unhealthy };
    this.region.hostIs(spec, phases[random.int(phases.length)]!);
  }

  #spill(jobId: JobId): void {
    const atMs = this.region.nowMs;
    const handoff = atMs;
    const to = regionIdSchema.parse('us');
    if (!this.region.apply({ type: 'spill_offered', atMs, jobId, to, handoff })) return;
    const taken = this.#random.float() < 0.5;
    this.region.apply({ type: 'spill_settled', atMs, jobId, handoff, taken });
  }
}

export function anyJob(random: Random): Partial<JobSpec> & { customer: number; runMs: number } {
  const tiers = ['free', 'paid', 'enterprise'] as const;
  const runMs = 10_000 + random.int(200_000);
  const skus = [null, null, ['H100'], ['A100', 'L4'], ['A100']] as const;
  return {
    customer: 1 + random.int(5),
    tier: tiers[random.int(3)]!,
    gpus: [1, 1, 1, 2, 4, 8][random.int(6)]!,
    skus: skus[random.int(skus.length)]!,
    gpuMemoryMib: [8_000, 30_000, 60_000][random.int(3)]!,
    runMs,
    predicted: { p50Ms: runMs, p95Ms: runMs * (1 + random.float()), seen: random.int(5), model: 'test' },
    preemptible: random.float() < 0.8,
    checkpoints: random.float() < 0.7,
    interactive: random.float() < 0.1,
    features: random.float() < 0.5 ? [] : [`steps:${random.int(5)}`],
  };
}
