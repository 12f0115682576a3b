/**
 * Rows read lately, for the polls of open tabs: each lives a second, and less where a change is heard of.
 * What decides anything reads the store.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { WorkspaceRow } from './stores/workspace-row.ts';
import type { WorkspaceStore } from './stores/workspace-store.ts';

export class RowCache {
  readonly #store: Pick<WorkspaceStore, 'get'>;
  readonly #clock: Clock;
  /** In order of insertion, so that the first is the oldest. */
  readonly #entries = new Map<WorkspaceId, { row: WorkspaceRow; untilMs: number }>();
  /** Counts what was heard, so that a read begun before a change is not kept. */
  #changes = 0;

  constructor(store: Pick<WorkspaceStore, 'get'>, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  async get(workspaceId: WorkspaceId): Promise<WorkspaceRow | null> {
    const known = this.#entries.get(workspaceId);
    if (known && this.#clock.monotonicMs() < known.untilMs) return known.row;
    const changesBefore = this.#changes;
    const row = await this.#store.get(workspaceId);
    if (row && this.#changes === changesBefore) this.#keep(row);
    return row;
  }

  put(row: WorkspaceRow): void {
    this.#changes++;
    this.#keep(row);
  }

  forget(workspaceId: WorkspaceId): void {
    this.#changes++;
    this.#entries.delete(workspaceId);
  }

  #keep(row: WorkspaceRow): void {
    this.#entries.delete(row.id);
    this.#entries.set(row.id, { row, untilMs: this.#clock.monotonicMs() + limits.lifecycle.rowCacheMs });
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > limits.lifecycle.rowCacheMax && !oldest.done) this.#entries.delete(oldest.value);
  }
}
