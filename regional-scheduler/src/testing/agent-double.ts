/**
 * An agent for tests: speaks the protocol over HTTP and runs nothing. Each attempt that it is told to run it reports as
 * running so many times and then as ended. It keeps its leases as a real one does, stops what runs out, and remembers
 * what it ran, so that a test can ask whether anything ran twice or at the same time.
 */
import { agentKeyOf } from '@cellbook/shared/gpu/agent-key.ts';
import { type HostId, hostIdSchema, type JobId } from '@cellbook/shared/ids.ts';
import { agentHostHeader, resultKeyOf } from '@cellbook/shared/protocol/agent-objects-api.ts';
import {
  type AgentOrders,
  type AttemptReport,
  agentKeyHeader,
  agentOrdersSchema,
  type RunOrder,
} from '@cellbook/shared/protocol/gpu-agent-api.ts';

export interface AgentDoubleOptions {
  name: string;
  regionSecret: string;
  urls: () => readonly string[];
  gpus?: number;
  /** Reports of an attempt as running before it ends. */
  reportsRunning?: number;
  waitMs?: number;
}

interface Held {
  order: RunOrder;
  reports: number;
  state: AttemptReport['state'];
}

export class AgentDouble {
  readonly hostId: HostId;
  /** Every attempt that it began, with its job and the epoch of the order. */
  readonly began: { jobId: JobId; attemptId: string; epoch: number; prompt: string }[] = [];
  readonly lapsed: string[] = [];
  readonly #options: AgentDoubleOptions;
  readonly #held = new Map<string, Held>();
  readonly #stop = new AbortController();
  #loop: Promise<void> | null = null;
  #sequence = 0;
  #epoch = 0;
  #leaseUntilMs = Number.POSITIVE_INFINITY;
  /** Nothing ends while it is set. */
  paused = false;
  leaderless = 0;

  constructor(options: AgentDoubleOptions) {
    this.#options = options;
    this.hostId = hostIdSchema.parse(options.name);
  }

  get running(): JobId[] {
    return [...this.#held.values()]
      .filter(({ state }) => state.phase === 'running')
      .map(({ order }) => order.jobId);
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let at = 0;
    while (!signal.aborted) {
      this.#checkLeases();
      const urls = this.#options.urls();
      const sentMs = performance.now();
      const orders = await this.report(urls[at % urls.length] ?? '').catch(() => null);
      if (orders) this.#obey(orders, sentMs);
      else {
        at++;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  async report(url: string): Promise<AgentOrders> {
    const { regionSecret, name, gpus = 4, waitMs = 200 } = this.#options;
    const response = await fetch(`${url}/agent/v1/report`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [agentHostHeader]: this.hostId,
        [agentKeyHeader]: agentKeyOf(regionSecret, this.hostId),
      },
      body: JSON.stringify({
        ...{
          hostId: name,
          rack: 'r1',
          generation: 1,
          sequence: ++this.#sequence,
          epoch: this.#epoch,
          waitMs,
        },
        ...{ draining: false, binaries: ['video-renderer@1'] },
        devices: Array.from({ length: gpus }, (_, index) => ({
          ...{ index, uuid: `SIM-${index}`, sku: 'H100', memoryMib: 80_000, healthy: true },
        })),
        attempts: [...this.#held.values()].map((held) => this.#told(held)),
      }),
      signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(5_000)]),
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return agentOrdersSchema.parse(await response.json());
  }

  #told(held: Held): AttemptReport {
    const { order, state } = held;
    const { attemptId, jobId, epoch } = order;
    if (state.phase === 'running' && ++held.reports > (this.#options.reportsRunning ?? 2) && !this.paused)
      held.state = {
        phase: 'ended',
        outcome: { kind: 'succeeded', resultKey: resultKeyOf(jobId, attemptId, 'out.mp4'), bytes: 1 },
      };
    const nothing = { savedMs: 0, checkpointKey: null, progress: null, logTail: '', memoryMibMax: 0 };
    return { attemptId, jobId, epoch, state: held.state, ranMs: held.reports * 1_000, ...nothing };
  }

  #obey(orders: AgentOrders, sentMs: number): void {
    if (orders.leaderless) {
      this.leaderless++;
      this.#leaseUntilMs = sentMs + orders.leaseMs;
      return;
    }
    if (orders.epoch < this.#epoch) return;
    this.#epoch = orders.epoch;
    this.#leaseUntilMs = sentMs + orders.leaseMs;
    for (const attemptId of orders.forget) this.#held.delete(attemptId);
    for (const { attemptId, because } of orders.stop) {
      const held = this.#held.get(attemptId);
      if (held && held.state.phase !== 'ended')
        held.state = {
          phase: 'ended',
          outcome: { kind: because === 'preempted' ? 'preempted' : 'cancelled' },
        };
    }
    for (const order of orders.run) {
      if (this.#held.has(order.attemptId)) continue;
      this.#held.set(order.attemptId, { order, reports: 0, state: { phase: 'running' } });
      const { jobId, attemptId, epoch, prompt } = order;
      this.began.push({ jobId, attemptId, epoch, prompt });
    }
  }

  #checkLeases(): void {
    if (performance.now() < this.#leaseUntilMs) return;
    for (const [attemptId, held] of this.#held) {
      if (held.state.phase === 'ended') continue;
      this.lapsed.push(attemptId);
      const outcome = { kind: 'failed', class: 'lost', detail: 'its lease ended' } as const;
      held.state = { phase: 'ended', outcome };
    }
  }
}
