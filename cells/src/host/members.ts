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
import { type HostedSandbox, nobody, type SandboxDriver, type SandboxPool } from '../sandbox/driver.ts';
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

  constructor(driver: SandboxDriver<Hosted>) {
    this.#driver = driver;
  }

  /** Those that are on their way included. */
  get count(): number {
    return this.#members.size;
  }

  /** `golden` is null while its image is not made yet. */
  async add(sandboxId: SandboxId, golden: Golden | null, signal: AbortSignal): Promise<void> {
    if (golden === null) throw noImageYet();
    const pool = this.#pool();
    const known = this.#members.get(sandboxId);
    if (known) return known.settled;
    const abort = new AbortController();
    const { directory, limits } = golden;
    const spec = { sandboxId, limits, environment: {} };
    const restoring = pool.restoreMember(spec, directory, AbortSignal.any([signal, abort.signal]));
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
      void sandbox.exited.then(() => this.#members.delete(sandboxId));
    } catch (error) {
      this.#members.delete(sandboxId);
      throw error;
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
