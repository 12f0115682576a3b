/** Where rests are kept. A Postgres and a memory implementation pass one suite (rest-store.test.ts). */
import type { HostId, SandboxId, WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Rest } from './rest.ts';

export interface RestStore {
  get(workspaceId: WorkspaceId): Promise<Rest | null>;
  /**
   * Replaces what an epoch up to this one made. Throws `stale_epoch` where a newer one has, or the workspace is of a
   * newer one by now.
   */
  put(rest: Rest): Promise<void>;
  /** Takes back what an epoch up to this one made. Idempotent; throws `stale_epoch` where a newer one has. */
  remove(workspaceId: WorkspaceId, epoch: number): Promise<void>;
  /** The image of this sandbox is in the object store. False where that is not what is kept any more. */
  noteRemote(workspaceId: WorkspaceId, sandboxId: SandboxId): Promise<boolean>;
  /** Whose images lie on one of these hosts alone, the oldest first. */
  listUnsent(hostIds: readonly HostId[], limit: number): Promise<Rest[]>;
  /** Whose time is over, the longest over first. */
  listDue(nowMs: number, limit: number): Promise<WorkspaceId[]>;
  /** Everything kept on a host, frozen or stored. */
  listOnHost(hostId: HostId): Promise<Rest[]>;
}
