/** What this controller knows of its take-overs of sandboxes, until they rest. */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';

export class Adoptions {
  readonly #clock: Clock;
  readonly #failures = new Map<WorkspaceId, number>();
  readonly #notIdleBeforeMs = new Map<WorkspaceId, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(workspaceId: WorkspaceId, succeeded: boolean): void {
    if (!succeeded) {
      this.#failures.set(workspaceId, this.failuresOf(workspaceId) + 1);
      return;
    }
    this.#failures.delete(workspaceId);
    this.#notIdleBeforeMs.set(workspaceId, this.#clock.nowMs() + limits.lifecycle.takenOverIdleMsMin);
  }

  /** How often in a row it was not possible. */
  failuresOf(workspaceId: WorkspaceId): number {
    return this.#failures.get(workspaceId) ?? 0;
  }

  /**
   * A take-over is no use: idleness goes on from what the dead controller had written down. But whoever used
   * it until then may not have come back yet, so that it is left alone for a while.
   */
  notIdleBeforeMs(workspaceId: WorkspaceId): number {
    return this.#notIdleBeforeMs.get(workspaceId) ?? 0;
  }

  /** It does not run any more. */
  forget(workspaceId: WorkspaceId): void {
    this.#failures.delete(workspaceId);
    this.#notIdleBeforeMs.delete(workspaceId);
  }
}
