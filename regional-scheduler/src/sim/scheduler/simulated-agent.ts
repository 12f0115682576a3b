/**
 * A GPU host's agent as the protocol has it (shared/src/protocol/gpu-agent-api.ts): it asks with its whole picture, runs
 * what it is told to, and stops by its own clock what it has no lease for. Its processes are the truth that the world
 * judges. It can be killed, restarted, cut off, run its clock at another pace, and tell lies.
 */
import type { AttemptId, HostId } from '@cellbook/shared/ids.ts';
import type {
  AgentOrders,
  AgentReport,
  AttemptReport,
  RunOrder,
} from '@cellbook/shared/protocol/gpu-agent-api.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { RunPlan } from './job-truth.ts';
import type { SimulatedClock } from './simulated-clock.ts';

export interface HostShape {
  hostId: HostId;
  sku: string;
  rack: string;
  gpus: number;
  gpuMemoryMib: number;
}

/** A process group on this host. */
export interface Run {
  order: RunOrder;
  /** Monotonic, of the agent. */
  startedMs: number;
  leaseUntilMs: number;
  plan: RunPlan;
  savedMs: number;
  stopping: boolean;
  /** Null once it has ended; what is told until it is forgotten. */
  ended: Extract<AttemptReport['state'], { phase: 'ended' }> | null;
  ranMs: number;
}

export interface AgentDeps {
  clock: SimulatedClock;
  random: Random;
  /** Sends a report to some instance; the answer comes by `answered`, or never. */
  ask(report: AgentReport, answered: (orders: AgentOrders | null) => void): void;
  plan(order: RunOrder): RunPlan;
  started(run: Run): void;
  ended(run: Run): void;
  /** What a lying agent adds to a report. */
  lie(report: AgentReport): AgentReport;
  /** False only to show that the simulation finds it. */
  stopsInTime: boolean;
  remembers: boolean;
}

const pollMs = 5_000;
const answerMsMax = 8_000;
/** The time that a process group may take to be gone. */
const killMs = 1_500;
const leaseGuardMs = killMs + 1_500;
const saveEveryMs = 10_000;

export class SimulatedAgent {
  readonly host: HostShape;
  readonly runs = new Map<AttemptId, Run>();
  generation = 0;
  isAlive = false;
  draining = false;
  unhealthy: number[] = [];
  #epoch = 0;
  #sequence = 0;
  readonly #deps: AgentDeps;

  constructor(host: HostShape, deps: AgentDeps) {
    this.host = host;
    this.#deps = deps;
  }

  /** A new one ends whatever the last one left running, before it says a word. */
  start(): void {
    for (const run of [...this.runs.values()]) this.#end(run, lost('its agent began anew'));
    this.runs.clear();
    this.generation++;
    this.#sequence = 0;
    this.#epoch = 0;
    this.isAlive = true;
    this.#poll();
  }

  /** With or without what it runs: orphans go on until the next start, but for those that end by themselves. */
  crash(leavesOrphans: boolean): void {
    this.isAlive = false;
    if (leavesOrphans) return;
    for (const run of [...this.runs.values()]) this.#end(run, lost('its host died'));
    this.runs.clear();
  }

  get live(): Run[] {
    return [...this.runs.values()].filter(({ ended }) => ended === null);
  }

  #poll(): void {
    const { generation } = this;
    const sequence = ++this.#sequence;
    const sentMs = this.#deps.clock.monotonicMs();
    let isDone = false;
    const next = (delayMs: number) => {
      if (isDone) return;
      isDone = true;
      this.#after(delayMs, () => this.#poll());
    };
    this.#after(answerMsMax, () => next(0));
    this.#deps.ask(this.#deps.lie(this.#report(sequence)), (orders) => {
      if (isDone || !this.isAlive || generation !== this.generation) return;
      const changed = orders !== null && this.#obey(orders, sentMs);
      next(changed ? 50 : pollMs);
    });
  }

  /** Runs later if this agent has not died or been restarted until then. */
  #after(delayMs: number, run: () => void): void {
    const { generation } = this;
    this.#deps.clock.after(delayMs, () => {
      if (this.isAlive && generation === this.generation) run();
    });
  }

  #report(sequence: number): AgentReport {
    const { hostId, rack, sku, gpus, gpuMemoryMib } = this.host;
    const device = (index: number) => {
      const healthy = !this.unhealthy.includes(index);
      const problem = healthy ? '' : 'sick';
      return { index, uuid: `SIM-${hostId}-${index}`, sku, memoryMib: gpuMemoryMib, healthy, problem };
    };
    return {
      ...{ hostId, rack, generation: this.generation, sequence, epoch: this.#epoch, draining: this.draining },
      devices: Array.from({ length: gpus }, (_, index) => device(index)),
      binaries: ['renderer@1'],
      attempts: [...this.runs.values()].map((run) => this.#attemptReport(run)),
      waitMs: pollMs,
    };
  }

  #attemptReport(run: Run): AttemptReport {
    const { order, ended, stopping } = run;
    const savedMs = this.#savedMs(run);
    const { attemptId, jobId, epoch } = order;
    return {
      ...{ attemptId, jobId, epoch, savedMs, progress: null, logTail: '', memoryMibMax: 0 },
      state: ended ?? { phase: stopping ? 'stopping' : 'running' },
      ranMs: Math.round(this.#ranMs(run)),
      checkpointKey: savedMs > 0 ? `checkpoints/${jobId}/${attemptId}/${savedMs}` : null,
    };
  }

  /** Whether something changed that the scheduler should hear of at once. */
  #obey(orders: AgentOrders, sentMs: number): boolean {
    const leaseUntilMs = sentMs + orders.leaseMs;
    if (orders.leaderless) {
      for (const run of this.live) this.#renew(run, leaseUntilMs);
      return false;
    }
    if (orders.epoch < this.#epoch) return false;
    this.#epoch = orders.epoch;
    for (const attemptId of orders.forget) if (this.runs.get(attemptId)?.ended) this.runs.delete(attemptId);
    const ordered = new Set(orders.run.map(({ attemptId }) => attemptId));
    for (const run of this.live)
      if (!ordered.has(run.order.attemptId)) this.#stop(run, false, 0, lost('it has no right to run'));
    for (const order of orders.run) {
      const known = this.runs.get(order.attemptId);
      if (known) this.#renew(known, leaseUntilMs);
    }
    const fresh = orders.run.filter(({ attemptId }) => !this.runs.has(attemptId));
    for (const { attemptId, because, save, stopMs } of orders.stop) {
      const run = this.runs.get(attemptId);
      const unstarted = fresh.find((order) => order.attemptId === attemptId);
      if (run) this.#stop(run, save, stopMs, endOf(because));
      else if (unstarted) this.runs.set(attemptId, neverRun(unstarted, endOf(because)));
    }
    for (const order of fresh) if (!this.runs.has(order.attemptId)) this.#start(order, leaseUntilMs);
    return fresh.length > 0;
  }

  /** What finds its devices taken is started by a later answer. */
  #start(order: RunOrder, leaseUntilMs: number): void {
    const taken = new Set(this.live.flatMap((run) => run.order.devices));
    if (order.devices.some((device) => taken.has(device))) return;
    const startedMs = this.#deps.clock.monotonicMs();
    if (leaseUntilMs - leaseGuardMs <= startedMs) return;
    const plan = this.#deps.plan(order);
    const { savedMs } = order;
    const run: Run = {
      order,
      startedMs,
      leaseUntilMs,
      plan,
      savedMs,
      stopping: false,
      ended: null,
      ranMs: 0,
    };
    this.runs.set(order.attemptId, run);
    this.#deps.started(run);
    // A process ends by itself whether or not its agent lives; only a living agent can tell.
    this.#deps.clock.after(plan.endsInMs, () => this.#finish(run));
    this.#watchLease(run);
  }

  #finish(run: Run): void {
    if (run.ended) return;
    const { jobId, attemptId } = run.order;
    const { end } = run.plan;
    const outcome =
      end.kind === 'succeeded'
        ? ({ kind: 'succeeded', resultKey: `results/${jobId}/${attemptId}/video.mp4`, bytes: 1_000 } as const)
        : ({ kind: 'failed', class: end.class, detail: 'simulated' } as const);
    this.#end(run, { phase: 'ended', outcome });
  }

  #watchLease(run: Run): void {
    if (!this.#deps.stopsInTime) return;
    const leftMs = run.leaseUntilMs - leaseGuardMs - this.#deps.clock.monotonicMs();
    this.#after(leftMs, () => {
      if (run.ended) return;
      const isRenewed = run.leaseUntilMs - leaseGuardMs > this.#deps.clock.monotonicMs();
      if (isRenewed) this.#watchLease(run);
      else this.#stop(run, false, 0, lost('its lease ended'));
    });
  }

  #renew(run: Run, leaseUntilMs: number): void {
    run.leaseUntilMs = Math.max(run.leaseUntilMs, leaseUntilMs);
  }

  #stop(run: Run, save: boolean, stopMs: number, end: Run['ended']): void {
    if (run.ended || run.stopping) return;
    run.stopping = true;
    const savingMs = save ? Math.min(stopMs, 500 + this.#deps.random.int(4_000)) : 0;
    this.#after(savingMs + this.#deps.random.int(killMs), () => {
      if (run.ended) return;
      if (save && savingMs < stopMs) run.savedMs = run.order.savedMs + Math.round(this.#ranMs(run));
      this.#end(run, end);
    });
  }

  #end(run: Run, end: Run['ended']): void {
    if (run.ended) return;
    run.ranMs = this.#ranMs(run);
    run.savedMs = this.#savedMs(run);
    run.ended = end;
    this.#deps.ended(run);
    if (!this.#deps.remembers) this.runs.delete(run.order.attemptId);
  }

  /** A checkpoint is written every so often where the binary can. */
  #savedMs(run: Run): number {
    if (run.ended || !run.order.checkpoints) return run.savedMs;
    const written = Math.floor(this.#ranMs(run) / saveEveryMs) * saveEveryMs;
    return Math.max(run.savedMs, written === 0 ? 0 : run.order.savedMs + written);
  }

  #ranMs(run: Run): number {
    return run.ended ? run.ranMs : this.#deps.clock.monotonicMs() - run.startedMs;
  }
}

/** What is told to stop before it was started has ended. */
function neverRun(order: RunOrder, ended: Run['ended']): Run {
  const plan: RunPlan = { endsInMs: 0, end: { kind: 'failed', class: 'lost' } };
  return {
    ...{ order, plan, ended, startedMs: 0, leaseUntilMs: 0, savedMs: order.savedMs, ranMs: 0 },
    stopping: true,
  };
}

function lost(detail: string): Run['ended'] {
  return { phase: 'ended', outcome: { kind: 'failed', class: 'lost', detail } };
}

function endOf(because: AgentOrders['stop'][number]['because']): Run['ended'] {
  if (because === 'superseded') return lost('another has its place');
  return { phase: 'ended', outcome: { kind: because } };
}
