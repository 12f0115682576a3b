/**
 * Which revision of a row its executor has acted on. The store's own notifications tell us of our own writes
 * too: one of a revision that was acted on is no news, and would cost a look and a lease each.
 */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';

export class SeenRevisions {
  /** In order of insertion: the first is the oldest. */
  readonly #seen = new Map<WorkspaceId, number>();

  note(workspaceId: WorkspaceId, revision: number): void {
    this.#seen.delete(workspaceId);
    this.#seen.set(workspaceId, revision);
    const oldest = this.#seen.keys().next();
    if (this.#seen.size > limits.lifecycle.revisionsKeptMax && !oldest.done) this.#seen.delete(oldest.value);
  }

  /** True also where nothing is known of it. */
  isNews(workspaceId: WorkspaceId, revision: number): boolean {
    return revision > (this.#seen.get(workspaceId) ?? -1);
  }
}
