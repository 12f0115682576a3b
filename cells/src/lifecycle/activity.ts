/**
 * When each live workspace was last used. Kept in memory, because a message to a kernel must not cost a
 * write, and written down in batches for a restart. A workspace that is busy when it is looked at counts as
 * used at that moment, so that idleness is counted from the end of a long cell.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { RuntimeListener } from './runtime.ts';

export class Activity {
  readonly #clock: Clock;
  readonly #listeners: readonly RuntimeListener[];
  readonly #usedAtMs = new Map<WorkspaceId, number>();
  readonly #used: (workspaceId: WorkspaceId) => void;
  #unwritten = new Map<WorkspaceId, number>();

  /** `used` is told of each use. */
  constructor(clock: Clock, listeners: readonly RuntimeListener[], used: (workspaceId: WorkspaceId) => void) {
    this.#clock = clock;
    this.#used = used;
    this.#listeners = listeners;
  }

  touch(workspaceId: WorkspaceId): void {
    const nowMs = this.#clock.nowMs();
    this.#usedAtMs.set(workspaceId, nowMs);
    this.#unwritten.set(workspaceId, nowMs);
    this.#used(workspaceId);
  }

  lastUsedAtMs(workspaceId: WorkspaceId, storedMs: number): number {
    return Math.max(storedMs, this.#usedAtMs.get(workspaceId) ?? 0);
  }

  isBusy(workspaceId: WorkspaceId): boolean {
    const busy = this.#listeners.some((listener) => listener.isBusy(workspaceId));
    if (busy) this.touch(workspaceId);
    return busy;
  }

  /** Forgets one that has no sandbox any more; what is unwritten still gets written. */
  forget(workspaceId: WorkspaceId): void {
    this.#usedAtMs.delete(workspaceId);
  }

  /** What changed since the last call. */
  takeUnwritten(): ReadonlyMap<WorkspaceId, number> {
    const taken = this.#unwritten;
    this.#unwritten = new Map();
    return taken;
  }
}
