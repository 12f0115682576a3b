/** Where rests are kept. A Postgres and a memory implementation pass one suite (rest-store.test.ts). */
import type { HostId, WorkspaceId } from '@cellbook/shared/ids.ts';
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
  /** Whose time is over, the longest over first. */
  listDue(nowMs: number, limit: number): Promise<WorkspaceId[]>;
  /** Everything kept on a host, frozen or stored. */
  listOnHost(hostId: HostId): Promise<Rest[]>;
}
