/**
 * The sandboxes of a host that are nobody's yet. Each holds a place, and gives way at once to a start that needs it:
 *
 *     absent ──add──▶ starting ──▶ ready ──take──▶ a workspace's
 *                         └──giveWay──┴──▶ leaving ──▶ absent
 *
 * What is counted changes before anything is awaited, so that two who look at the same moment never have one place.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { SandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import {
  type HostedSandbox,
  nobody,
  type SandboxDriver,
  type SandboxPool,
  type SandboxSpec,
} from '../sandbox/driver.ts';
import type { Golden } from './golden.ts';

interface Member {
  isReady: boolean;
  /** Ends a start that is under way. */
  abort: AbortController;
  /** Settles when its start has ended, well or not. Never rejects. */
  settled: Promise<void>;
}

export class Members<Hosted extends HostedSandbox> {
  readonly #driver: SandboxDriver<Hosted>;
  readonly #members = new Map<SandboxId, Member>();
  /** On their way to a workspace: nobody's by their records, and no member. */
  readonly #promised = new Set<SandboxId>();
  #ended: readonly SandboxId[] = [];

  constructor(driver: SandboxDriver<Hosted>) {
    this.#driver = driver;
  }

  /** Those that ended of late by themselves. */
  get ended(): readonly SandboxId[] {
    return this.#ended;
  }

  /** Those that are on their way included. */
  get count(): number {
    return this.#members.size;
  }

  /** `golden` is null where its image is not made yet, or not kept any more. */
  async add(sandboxId: SandboxId, golden: Golden | null, signal: AbortSignal): Promise<void> {
    if (golden === null) throw noImageYet();
    const pool = this.#pool();
    const known = this.#members.get(sandboxId);
    if (known) return known.settled;
    const abort = new AbortController();
    const spec = { sandboxId, limits: golden.limits, environment: {} };
    const restoring = pool.restoreMember(spec, golden.directory, AbortSignal.any([signal, abort.signal]));
    const settled = restoring.then(
      () => {},
      () => {},
    );
    this.#members.set(sandboxId, { isReady: false, abort, settled });
    try {
      const sandbox = await restoring;
      const member = this.#members.get(sandboxId);
      if (!member) throw gone(sandboxId, 'its place was needed');
      member.isReady = true;
      void sandbox.exited.then(() => this.#noteEnd(sandboxId));
    } catch (error) {
      this.#members.delete(sandboxId);
      throw error;
    }
  }

  /**
   * A workspace's sandbox out of the golden image, in a place that was found for it, instead of a boot; where that
   * fails it boots.
   */
  async startFrom(golden: Golden, spec: SandboxSpec, signal: AbortSignal): Promise<Hosted> {
    const pool = this.#pool();
    const { sandboxId } = spec;
    const member = { sandboxId, limits: golden.limits, environment: {} };
    this.#promised.add(sandboxId);
    try {
      await pool.restoreMember(member, golden.directory, signal);
      return await pool.claim(spec, signal);
    } catch {
      signal.throwIfAborted();
      await this.#driver.destroy(sandboxId);
      return await this.#driver.start(spec, signal);
    } finally {
      this.#promised.delete(sandboxId);
    }
  }

  /** From now on it is counted no more, and whoever asked may claim it. Throws `gone`. */
  take(sandboxId: SandboxId): SandboxPool<Hosted> {
    if (!this.#members.get(sandboxId)?.isReady) throw gone(sandboxId, 'it is not ready here');
    this.#members.delete(sandboxId);
    return this.#pool();
  }

  /** Ends so many; ready ones last. Counted no more at once; resolves when nothing of them is left. */
  async giveWay(count: number): Promise<void> {
    if (count <= 0) return;
    const leaving = [...this.#members].sort(([, a], [, b]) => Number(a.isReady) - Number(b.isReady));
    await Promise.all(leaving.slice(0, count).map(([sandboxId]) => this.drop(sandboxId)));
  }

  /** Only what is a member still, or is left of one that nobody holds. */
  async dropUnclaimed(sandboxId: SandboxId): Promise<void> {
    if (this.#members.has(sandboxId)) return this.drop(sandboxId);
    if (this.#promised.has(sandboxId)) return;
    const left = (await this.#driver.list()).find((sandbox) => sandbox.sandboxId === sandboxId);
    if (left?.workspaceId === nobody && !left.attached) await this.#driver.destroy(sandboxId);
  }

  /** Idempotent. */
  async drop(sandboxId: SandboxId): Promise<void> {
    const member = this.#members.get(sandboxId);
    this.#members.delete(sandboxId);
    member?.abort.abort(gone(sandboxId, 'its place was needed'));
    await member?.settled;
    try {
      await this.#driver.destroy(sandboxId);
    } catch (error) {
      // What is left of it still takes its place.
      if (member) this.#members.set(sandboxId, { ...member, isReady: false });
      throw error;
    }
  }

  #noteEnd(sandboxId: SandboxId): void {
    if (this.#members.delete(sandboxId))
      this.#ended = [...this.#ended, sandboxId].slice(-limits.pool.endedMax);
  }

  #pool(): SandboxPool<Hosted> {
    if (this.#driver.pool) return this.#driver.pool;
    throw new CellbookError('sandbox_unavailable', {
      doing: 'keeping sandboxes ready',
      problem: 'this host cannot',
    });
  }
}

const noImageYet = (): CellbookError =>
  new CellbookError('sandbox_unavailable', {
    doing: 'adding a member to the pool',
    problem: 'the image that members are restored from is not made yet',
  });

const gone = (sandboxId: SandboxId, problem: string): CellbookError =>
  new CellbookError('gone', { doing: `using member ${sandboxId} of the pool`, problem, ids: { sandboxId } });
