import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { NewTransition, TransitionRow, TransitionStore } from './transition-store.ts';

export class MemoryTransitionStore implements TransitionStore {
  #rows: TransitionRow[] = [];
  #nextId = 1;

  async append(entries: readonly NewTransition[]): Promise<void> {
    for (const entry of entries) this.#rows.push({ ...entry, id: this.#nextId++ });
  }

  async list(workspaceId: WorkspaceId, before: number | null, limit: number): Promise<TransitionRow[]> {
    return this.#rows
      .filter((row) => row.workspaceId === workspaceId && (before === null || row.id < before))
      .reverse()
      .slice(0, limit);
  }

  async trim(workspaceId: WorkspaceId, keep: number): Promise<void> {
    const kept = new Set((await this.list(workspaceId, null, keep)).map((row) => row.id));
    this.#rows = this.#rows.filter((row) => row.workspaceId !== workspaceId || kept.has(row.id));
  }
}
