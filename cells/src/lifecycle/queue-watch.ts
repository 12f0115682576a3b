/** Tells those that wait for their turn where they stand, each time that has changed, at most once a second. */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { QueuePlace } from './boot-turns.ts';

export interface QueueWatchDeps {
  clock: Clock;
  queue(): ReadonlyMap<WorkspaceId, QueuePlace>;
  /** `null`: it waits no longer. */
  tell(workspaceId: WorkspaceId, place: QueuePlace | null): void;
}

export class QueueWatch {
  readonly #deps: QueueWatchDeps;
  #told: ReadonlyMap<WorkspaceId, QueuePlace> = new Map();
  #timer: Timer | null = null;

  constructor(deps: QueueWatchDeps) {
    this.#deps = deps;
  }

  /** Somebody may wait: goes on until nobody does. */
  wake(): void {
    this.#timer ??= this.#deps.clock.setTimer(limits.lifecycle.queueTellMs, () => this.#look());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    this.#timer = null;
    const { queue, tell } = this.#deps;
    const now = queue();
    for (const [workspaceId, place] of now) {
      const before = this.#told.get(workspaceId);
      if (before?.position !== place.position) tell(workspaceId, place);
    }
    for (const workspaceId of this.#told.keys()) if (!now.has(workspaceId)) tell(workspaceId, null);
    this.#told = now;
    if (now.size > 0) this.wake();
  }
}
