/** One size of queue, measured: the core alone, nothing is written anywhere. */
import type { AttemptId, JobId } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { applyEvent } from '../../core/apply-event.ts';
import { decide } from '../../core/decide.ts';
import type { SchedulerEvent } from '../../core/model/event.ts';
import { Heap } from '../../core/queue/heap.ts';
import { newState, type SchedulerState } from '../../core/state.ts';
import { JobSource, region, startMs } from './world.ts';

interface Running {
  jobId: JobId;
  attemptId: AttemptId;
  startedMs: number;
  endMs: number;
}

export interface Measured {
  queued: number;
  decisionsPerSecond: number;
  /** By the time that this process had a processor: on a busy machine the one above says how busy it is. */
  decisionsPerCpuSecond: number;
  /** Of one round. */
  decisionMs: { p50: number; p99: number; max: number };
  decisionsPerRound: number;
  submitsPerSecond: number;
  utilisation: number;
  preemptions: number;
  reservations: number;
}

export interface Clocks {
  /** Milliseconds with fractions. */
  nowMs(): number;
  cpuMs(): number;
}

export function measure(queued: number, decisions: number, clocks: Clocks) {
  const world = new World(queued, clocks);
  world.fill();
  // What the compiler and the caches learn is not measured.
  world.run(Math.min(20_000, decisions));
  world.reset();
  world.run(decisions);
  return { state: world.state, measured: world.measured() };
}

/** How many jobs end between two rounds: what a busy region's agents report in a few milliseconds. */
const endsPerRound = 32;

class World {
  readonly state: SchedulerState = newState();
  readonly #queued: number;
  readonly #clocks: Clocks;
  #spentCpuMs = 0;
  readonly #random = seededRandom(1);
  readonly #source = new JobSource(seededRandom(2));
  readonly #running = new Heap<Running>({
    rank: ({ endMs }) => endMs,
    before: () => false,
    placed: () => {},
  });
  #nowMs = startMs;
  #submitMs = 0;
  #spentMs = 0;
  #placed = 0;
  #preemptions = 0;
  #reservations = 0;
  #busy: number[] = [];
  #rounds: number[] = [];

  constructor(queued: number, clocks: Clocks) {
    this.#queued = queued;
    this.#clocks = clocks;
    for (const event of region(this.state.policy)) applyEvent(this.state, event);
  }

  fill(): void {
    const began = this.#clocks.nowMs();
    for (let made = 0; made < this.#queued; made++) this.#submit();
    this.#submitMs = this.#clocks.nowMs() - began;
    let placed: number;
    do {
      placed = this.#round();
      this.#topUp();
    } while (placed > 0);
  }

  run(decisions: number): void {
    const until = this.#placed + decisions;
    const cpu = this.#clocks.cpuMs();
    while (this.#placed < until) {
      const ended = this.#nextEnds();
      const began = this.#clocks.nowMs();
      for (const one of ended) this.#end(one);
      this.#topUp();
      this.#spentMs += this.#clocks.nowMs() - began;
      this.#round();
    }
    this.#spentCpuMs += this.#clocks.cpuMs() - cpu;
  }

  reset(): void {
    this.#rounds = [];
    this.#busy = [];
    this.#spentMs = 0;
    this.#spentCpuMs = 0;
    this.#placed = 0;
    this.#preemptions = 0;
    this.#reservations = 0;
  }

  measured(): Measured {
    const sorted = this.#rounds.toSorted((a, b) => a - b);
    const at = (share: number) => round(sorted[Math.floor(share * (sorted.length - 1))]!);
    return {
      queued: this.#queued,
      decisionsPerSecond: Math.round((1000 * this.#placed) / this.#spentMs),
      decisionsPerCpuSecond: Math.round((1000 * this.#placed) / this.#spentCpuMs),
      decisionMs: { p50: at(0.5), p99: at(0.99), max: at(1) },
      decisionsPerRound: round(this.#placed / sorted.length),
      submitsPerSecond: Math.round((1000 * this.#queued) / this.#submitMs),
      utilisation: round(this.#busy.reduce((sum, one) => sum + one, 0) / this.#busy.length),
      preemptions: this.#preemptions,
      reservations: this.#reservations,
    };
  }

  #round(): number {
    const began = this.#clocks.nowMs();
    const events = decide(this.state, this.#nowMs, this.#random);
    const tookMs = this.#clocks.nowMs() - began;
    this.#rounds.push(tookMs);
    this.#spentMs += tookMs;
    let placed = 0;
    for (const event of events) {
      if (event.type === 'job_placed') placed += this.#start(event);
      else if (event.type === 'preemption_asked') this.#preemptions++;
      else if (event.type === 'job_reserved') this.#reservations++;
    }
    this.#placed += placed;
    const { capacityGpus, ranked } = this.state.fleet;
    this.#busy.push(1 - ranked.reduce((free, host) => free + host.free, 0) / capacityGpus);
    return placed;
  }

  #start({ jobId, attemptId }: Extract<SchedulerEvent, { type: 'job_placed' }>): number {
    applyEvent(this.state, { type: 'attempt_started', atMs: this.#nowMs, jobId, attemptId });
    const spec = this.state.jobs.spec(this.state.jobs.rowOf(jobId)!);
    this.#running.push({
      ...{ jobId, attemptId, startedMs: this.#nowMs },
      endMs: this.#nowMs + this.#source.runMs(spec),
    });
    return 1;
  }

  #nextEnds(): Running[] {
    const ended: Running[] = [];
    while (ended.length < endsPerRound && this.#running.size > 0) {
      const one = this.#running.top!;
      this.#running.removeAt(0);
      if (this.state.attempts.has(one.attemptId)) ended.push(one);
    }
    this.#nowMs = Math.max(this.#nowMs, ended.at(-1)?.endMs ?? 0);
    return ended;
  }

  #end({ jobId, attemptId, startedMs }: Running): void {
    const atMs = this.#nowMs;
    const ranMs = atMs - startedMs;
    const isPreempted = this.state.attempts.get(attemptId)?.preempting;
    const outcome = isPreempted
      ? ({ kind: 'preempted' } as const)
      : ({ kind: 'succeeded', resultKey: 'r', bytes: 1 } as const);
    const retryAtMs = isPreempted ? atMs : null;
    applyEvent(this.state, {
      ...{ type: 'attempt_ended', atMs, jobId, attemptId, outcome, ranMs, retryAtMs },
      savedMs: isPreempted ? ranMs : 0,
    });
    if (!isPreempted)
      applyEvent(this.state, { type: 'job_ended', atMs, jobId, phase: 'succeeded', because: '' });
  }

  #topUp(): void {
    const { free, paid, enterprise } = this.state.tiers;
    for (let missing = this.#queued - free.queued - paid.queued - enterprise.queued; missing > 0; missing--)
      this.#submit();
  }

  #submit(): void {
    const job = this.#source.next(this.#nowMs);
    applyEvent(this.state, { type: 'job_submitted', atMs: this.#nowMs, job });
  }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
