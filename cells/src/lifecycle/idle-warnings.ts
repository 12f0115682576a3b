/**
 * Which workspaces are about to be suspended because nobody uses them, and that their open tabs were told so. In
 * memory: the next controller finds out for itself, and says it again.
 */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { RuntimeListener } from './runtime.ts';

export class IdleWarnings {
  readonly #listeners: readonly RuntimeListener[];
  readonly #suspendsAtMs = new Map<WorkspaceId, number>();

  constructor(listeners: readonly RuntimeListener[]) {
    this.#listeners = listeners;
  }

  /** Said once for each time. */
  warn(workspaceId: WorkspaceId, suspendsAtMs: number): void {
    if (this.#suspendsAtMs.get(workspaceId) === suspendsAtMs) return;
    this.#suspendsAtMs.set(workspaceId, suspendsAtMs);
    for (const listener of this.#listeners) listener.onIdleSoon?.(workspaceId, suspendsAtMs);
  }

  /** It is used, or suspended: called for each message of a kernel, so it costs a look into a map. */
  takeBack(workspaceId: WorkspaceId): void {
    if (!this.#suspendsAtMs.delete(workspaceId)) return;
    for (const listener of this.#listeners) listener.onIdleSoon?.(workspaceId, null);
  }
}
