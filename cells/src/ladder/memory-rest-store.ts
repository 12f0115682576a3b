/** The rest store in memory, for tests and the simulator. */
import { refuseOlderEpoch } from '@cellbook/shared/epoch.ts';
import type { HostId, SandboxId, WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Rest } from './rest.ts';
import type { RestStore } from './rest-store.ts';

export class MemoryRestStore implements RestStore {
  readonly #rests = new Map<WorkspaceId, Rest>();
  readonly #epochOf: (workspaceId: WorkspaceId) => number;

  /** `epochOf` gives the epoch of a workspace's row; what an older one puts is refused. */
  constructor(epochOf: (workspaceId: WorkspaceId) => number = () => 0) {
    this.#epochOf = epochOf;
  }

  async get(workspaceId: WorkspaceId): Promise<Rest | null> {
    const rest = this.#rests.get(workspaceId);
    return rest ? { ...rest } : null;
  }

  async put(rest: Rest): Promise<void> {
    const { workspaceId, epoch } = rest;
    this.#refuseOlder(workspaceId, epoch, this.#epochOf(workspaceId));
    this.#rests.set(rest.workspaceId, { ...rest });
  }

  async remove(workspaceId: WorkspaceId, epoch: number): Promise<void> {
    this.#refuseOlder(workspaceId, epoch);
    this.#rests.delete(workspaceId);
  }

  async noteRemote(workspaceId: WorkspaceId, sandboxId: SandboxId): Promise<boolean> {
    const rest = this.#rests.get(workspaceId);
    if (rest?.sandboxId !== sandboxId || rest.image === null) return false;
    this.#rests.set(workspaceId, { ...rest, remote: true });
    return true;
  }

  async listUnsent(hostIds: readonly HostId[], limit: number): Promise<Rest[]> {
    return [...this.#rests.values()]
      .filter(({ hostId, image, remote }) => hostIds.includes(hostId) && image !== null && !remote)
      .sort((one, other) => one.suspendedAtMs - other.suspendedAtMs)
      .slice(0, limit)
      .map((rest) => ({ ...rest }));
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

  #refuseOlder(workspaceId: WorkspaceId, epoch: number, atLeast = 0): void {
    const newest = Math.max(atLeast, this.#rests.get(workspaceId)?.epoch ?? 0);
    refuseOlderEpoch(epoch, newest, 'what a suspended workspace keeps', { workspaceId });
  }
}
