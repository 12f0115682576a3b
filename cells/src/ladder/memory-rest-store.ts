/** The rest store in memory, for tests and the simulator. */
import { refuseOlderEpoch } from '@cellbook/shared/epoch.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Rest } from './rest.ts';
import type { RestStore } from './rest-store.ts';

export class MemoryRestStore implements RestStore {
  readonly #rests = new Map<WorkspaceId, Rest>();

  async get(workspaceId: WorkspaceId): Promise<Rest | null> {
    const rest = this.#rests.get(workspaceId);
    return rest ? { ...rest } : null;
  }

  async put(rest: Rest): Promise<void> {
    this.#refuseOlder(rest.workspaceId, rest.epoch);
    this.#rests.set(rest.workspaceId, { ...rest });
  }

  async remove(workspaceId: WorkspaceId, epoch: number): Promise<void> {
    this.#refuseOlder(workspaceId, epoch);
    this.#rests.delete(workspaceId);
  }

  async listDue(nowMs: number, limit: number): Promise<WorkspaceId[]> {
    return [...this.#rests.values()]
      .filter(({ dueAtMs }) => dueAtMs <= nowMs)
      .sort((one, other) => one.dueAtMs - other.dueAtMs)
      .slice(0, limit)
      .map(({ workspaceId }) => workspaceId);
  }

  async listOnHost(hostId: Rest['hostId']): Promise<Rest[]> {
    return [...this.#rests.values()].filter((rest) => rest.hostId === hostId).map((rest) => ({ ...rest }));
  }

  #refuseOlder(workspaceId: WorkspaceId, epoch: number): void {
    const newest = this.#rests.get(workspaceId)?.epoch ?? 0;
    refuseOlderEpoch(epoch, newest, 'what a suspended workspace keeps', { workspaceId });
  }
}
