/**
 * The way out of this host's sandboxes. None of them has a network; each has a directory mounted with one socket
 * in it, and behind the socket a proxy of its own, in this process:
 *
 *     pip ── HTTP_PROXY ──▶ 127.0.0.1:3128 in the sandbox (forwarder of the supervisor)
 *                              │ /run/cellbook/egress.sock
 *     ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─│─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ the sandbox's edge ─ ─
 *                              ▼
 *     attempt ─▶ rule by tier ─▶ place and bytes left ─▶ resolve ─▶ address judged ─▶ connect to it
 *        │           │                   │                  │             │            ─▶ TLS for that name ─▶ bytes
 *        └───────────┴──────── refused, with the reason ────┴─────────────┘                                      │
 *                                                   a record of each, whatever became of it ◀────────────────────┘
 *
 * Whose sandbox it is follows from the socket, and from nothing that is said over it.
 */
import { lookup } from 'node:dns/promises';
import { mkdir } from 'node:fs/promises';
import type { Clock } from '@cellbook/shared/clock.ts';
import type { SandboxId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { Allowance, startOfDayMs } from './allowance.ts';
import type { Resolve } from './dial.ts';
import type { EgressLog } from './egress-log.ts';
import type { EgressPolicy } from './egress-policy.ts';
import { egressEnvironment } from './inside.ts';
import { createEgressMetrics, type EgressMetrics } from './proxy-deps.ts';
import { EgressRecorder } from './recorder.ts';
import { type SandboxProxy, serveSandbox } from './serve-sandbox.ts';

export interface EgressOptions {
  policy: EgressPolicy;
  log: EgressLog;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  random: Random;
  /** How names become addresses; the machine's own way unless a test has another. */
  resolve?: Resolve;
}

export interface WhoseSandbox {
  sandboxId: SandboxId;
  workspaceId: WorkspaceId;
  tier: Tier;
}

export class Egress {
  /** What everything in a sandbox finds the way by. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #options: EgressOptions;
  readonly #recorder: EgressRecorder;
  readonly #metrics: EgressMetrics;
  readonly #proxies = new Map<SandboxId, SandboxProxy>();
  readonly #room = new Room(limits.egress.connectionsMax);

  constructor(options: EgressOptions) {
    this.#options = options;
    this.#recorder = new EgressRecorder(options);
    this.#metrics = createEgressMetrics(options.metrics);
    this.environment = egressEnvironment(options.policy);
  }

  /** Makes the directory and the socket in it, and serves until `close`. */
  async open(whose: WhoseSandbox, directory: string): Promise<void> {
    await mkdir(directory, { recursive: true });
    const { policy, clock, random, logger, resolve = byTheMachine } = this.#options;
    const proxy = await serveSandbox(directory, {
      ...{
        policy,
        clock,
        random,
        resolve,
        logger,
        sandbox: whose,
        recorder: this.#recorder,
        metrics: this.#metrics,
      },
      ...{ room: this.#room, allowance: this.#allowanceOf(whose) },
    });
    this.#proxies.set(whose.sandboxId, proxy);
  }

  /** Cuts what is open and takes the socket away. Idempotent. */
  async close(sandboxId: SandboxId): Promise<void> {
    const proxy = this.#proxies.get(sandboxId);
    this.#proxies.delete(sandboxId);
    await proxy?.close();
  }

  async closeAll(): Promise<void> {
    for (const sandboxId of [...this.#proxies.keys()]) await this.close(sandboxId);
    await this.#recorder.close();
  }

  /** Read at the first need, and again where that failed. */
  #allowanceOf({ workspaceId, tier }: WhoseSandbox): () => Promise<Allowance> {
    const { log, clock } = this.#options;
    let known: Promise<Allowance> | null = null;
    const read = async () => {
      const used = await log.usedSince(workspaceId, startOfDayMs(clock.nowMs()));
      return new Allowance(tier, clock, used);
    };
    return () => {
      known ??= read().catch((error: unknown) => {
        known = null;
        throw error;
      });
      return known;
    };
  }
}

class Room {
  readonly #max: number;
  #taken = 0;

  constructor(max: number) {
    this.#max = max;
  }

  take(): boolean {
    if (this.#taken >= this.#max) return false;
    this.#taken++;
    return true;
  }

  giveBack(): void {
    this.#taken--;
  }
}

const byTheMachine: Resolve = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address);
