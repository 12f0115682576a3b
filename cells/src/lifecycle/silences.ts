/** Since when the host of a workspace has not said what it has of it; of those alone that are asked after in vain. */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';

export class Silences {
  readonly #clock: Clock;
  readonly #sinceMs = new Map<WorkspaceId, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For how long it has been silent; 0 where it has answered. */
  note(workspaceId: WorkspaceId, isSilent: boolean): number {
    if (!isSilent) {
      this.#sinceMs.delete(workspaceId);
      return 0;
    }
    const nowMs = this.#clock.monotonicMs();
    const sinceMs = this.#sinceMs.get(workspaceId) ?? nowMs;
    this.#sinceMs.set(workspaceId, sinceMs);
    return nowMs - sinceMs;
  }
}
