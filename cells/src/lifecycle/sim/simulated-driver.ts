/**
 * A driver without sandboxes: starts take simulated time, fail as often as the world says, and may end by
 * themselves. It counts what exists, which the invariants judge. What a sandbox remembers is a counter, so that
 * an image that is older than what its owner has seen is told from the newest.
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
  SandboxSnapshots,
  SandboxSpec,
} from '../../sandbox/driver.ts';
import type { SimulatedImages } from './simulated-images.ts';
import { simulatedLink } from './simulated-link.ts';
import { simulatedSnapshots } from './simulated-snapshots.ts';

/** What a sandbox remembers: which boot it comes from, and how far it has come since. */
export interface SimulatedMemory {
  bootedAtMs: number;
  count: number;
}

export interface Existing {
  sandboxId: SandboxId;
  workspaceId: WorkspaceId;
  epoch: number;
  state: 'starting' | 'live' | 'frozen';
  memory: SimulatedMemory;
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
  /** Where memory is kept; without it none is. */
  images?: SimulatedImages;
}

interface BringUp {
  memory: SimulatedMemory;
  longestMs: number;
  isRestored?: boolean;
}

export class SimulatedDriver implements SandboxDriver {
  readonly kind = 'memory';
  readonly version = 'simulated';
  readonly existing = new Map<SandboxId, Existing>();
  readonly snapshots: SandboxSnapshots | null;
  readonly #deps: SimulatedDriverDeps;

  constructor(deps: SimulatedDriverDeps) {
    this.#deps = deps;
    const { images } = deps;
    this.snapshots = images ? simulatedSnapshots({ ...deps, images, driver: this }) : null;
  }

  start(spec: SandboxSpec, signal: AbortSignal): Promise<Sandbox> {
    const memory = { bootedAtMs: this.#deps.clock.monotonicMs(), count: 0 };
    return this.bringUp(spec, { memory, longestMs: 3_000 }, signal);
  }

  /** Takes its time, fails as often as the world says, and leaves nothing behind then. */
  async bringUp(
    spec: SandboxSpec,
    { memory, longestMs, isRestored = false }: BringUp,
    signal: AbortSignal,
  ): Promise<Sandbox> {
    const { clock, random, failureRate, observe } = this.#deps;
    const { sandboxId, workspaceId, epoch } = spec;
    const { promise: ended, resolve: end } = Promise.withResolvers<SandboxExit>();
    const isStuck = random.float() < failureRate() / 4;
    const sandbox: Existing = {
      sandboxId,
      workspaceId,
      epoch,
      state: 'starting',
      memory,
      isStuck,
      end,
      ended,
    };
    this.existing.set(sandboxId, sandbox);
    observe('starting', sandbox);
    try {
      await sleep(clock, 50 + random.int(longestMs), signal);
      if (random.float() < failureRate()) throw unavailable(workspaceId);
    } catch (error) {
      this.existing.delete(sandboxId);
      observe('start failed', sandbox);
      throw error;
    }
    sandbox.state = 'live';
    observe('live', sandbox);
    return handOut(sandbox, isRestored);
  }

  async relabel(sandboxId: SandboxId, epoch: number): Promise<Sandbox | null> {
    const sandbox = this.existing.get(sandboxId);
    if (!sandbox || sandbox.state === 'starting') return null;
    await sleep(this.#deps.clock, 1 + this.#deps.random.int(50));
    if (!this.existing.has(sandboxId)) return null;
    if (sandbox.isStuck || this.#deps.random.float() < this.#deps.failureRate() / 2)
      throw unavailable(sandbox.workspaceId);
    sandbox.epoch = epoch;
    this.#deps.observe('adopted', sandbox);
    return handOut(sandbox, true);
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

const handOut = ({ sandboxId: id, workspaceId, epoch, ended }: Existing, isInherited: boolean): Sandbox => ({
  id,
  workspaceId,
  epoch,
  exited: ended,
  link: simulatedLink(isInherited),
});

export const unavailable = (workspaceId: WorkspaceId): CellbookError =>
  new CellbookError('sandbox_unavailable', {
    doing: 'simulating',
    problem: 'it failed',
    ids: { workspaceId },
  });
