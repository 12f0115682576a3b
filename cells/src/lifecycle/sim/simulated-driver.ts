/**
 * A driver without sandboxes: starts take simulated time, fail as often as the world says, and may end by
 * themselves. It counts what exists, which the invariants judge.
 */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { SandboxId, WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type {
  ObservedSandbox,
  Sandbox,
  SandboxDriver,
  SandboxExit,
  SandboxSpec,
} from '../../sandbox/driver.ts';
import type { SupervisorLink } from '../../sandbox/link/supervisor-link.ts';

export interface Existing {
  sandboxId: SandboxId;
  workspaceId: WorkspaceId;
  epoch: number;
  state: 'starting' | 'live';
  /** Nobody can take it over, however often it is tried. */
  isStuck: boolean;
  end(exit: SandboxExit): void;
  ended: Promise<SandboxExit>;
}

export interface SimulatedDriverDeps {
  clock: Clock;
  random: Random;
  /** Probability that a start or a destroy fails. */
  failureRate(): number;
  observe(what: string, sandbox: Existing): void;
}

export class SimulatedDriver implements SandboxDriver {
  readonly kind = 'memory';
  readonly version = 'simulated';
  readonly existing = new Map<SandboxId, Existing>();
  readonly #deps: SimulatedDriverDeps;

  constructor(deps: SimulatedDriverDeps) {
    this.#deps = deps;
  }

  async start(spec: SandboxSpec, signal: AbortSignal): Promise<Sandbox> {
    const { clock, random, failureRate, observe } = this.#deps;
    const { sandboxId, workspaceId, epoch } = spec;
    const { promise: ended, resolve: end } = Promise.withResolvers<SandboxExit>();
    const isStuck = random.float() < failureRate() / 4;
    const sandbox: Existing = { sandboxId, workspaceId, epoch, state: 'starting', isStuck, end, ended };
    this.existing.set(sandboxId, sandbox);
    observe('starting', sandbox);
    try {
      await sleep(clock, 50 + random.int(3_000), signal);
      if (random.float() < failureRate()) throw unavailable(workspaceId);
    } catch (error) {
      this.existing.delete(sandboxId);
      observe('start failed', sandbox);
      throw error;
    }
    sandbox.state = 'live';
    observe('live', sandbox);
    return { id: sandboxId, workspaceId, epoch, link: noLink, exited: ended };
  }

  async relabel(sandboxId: SandboxId, epoch: number): Promise<Sandbox | null> {
    const sandbox = this.existing.get(sandboxId);
    if (sandbox?.state !== 'live') return null;
    await sleep(this.#deps.clock, 1 + this.#deps.random.int(50));
    if (!this.existing.has(sandboxId)) return null;
    if (sandbox.isStuck || this.#deps.random.float() < this.#deps.failureRate() / 2)
      throw unavailable(sandbox.workspaceId);
    sandbox.epoch = epoch;
    this.#deps.observe('adopted', sandbox);
    return { id: sandboxId, workspaceId: sandbox.workspaceId, epoch, link: noLink, exited: sandbox.ended };
  }

  async list(): Promise<ObservedSandbox[]> {
    return [...this.existing.values()].map(({ sandboxId, workspaceId, epoch }) => ({
      sandboxId,
      workspaceId,
      epoch,
      attached: true,
    }));
  }

  async destroy(sandboxId: SandboxId): Promise<void> {
    const sandbox = this.existing.get(sandboxId);
    if (!sandbox) return;
    await sleep(this.#deps.clock, 5 + this.#deps.random.int(200));
    if (this.#deps.random.float() < this.#deps.failureRate() / 2) throw unavailable(sandbox.workspaceId);
    this.remove(sandboxId, { reason: 'stopped' });
  }

  /** Ends one as a crash or the kernel's memory killer would. */
  remove(sandboxId: SandboxId, exit: SandboxExit): void {
    const sandbox = this.existing.get(sandboxId);
    if (!sandbox) return;
    this.existing.delete(sandboxId);
    this.#deps.observe(`ended (${exit.reason})`, sandbox);
    sandbox.end(exit);
  }
}

const unavailable = (workspaceId: WorkspaceId): CellbookError =>
  new CellbookError('sandbox_unavailable', {
    doing: 'simulating',
    problem: 'it failed',
    ids: { workspaceId },
  });

/** The lifecycle hands secrets to what is inside, and says nothing else to it. */
const noLink = new Proxy({} as SupervisorLink, {
  get(_target, property) {
    if (property === 'setEnvironment') return async () => {};
    throw new Error('a simulated sandbox has no supervisor');
  },
});
