/**
 * A workspace's files through its life: stored (a manifest in Postgres over content-addressed objects) while
 * it is suspended, a live directory on this host while it runs. The lifecycle moves them between the two;
 * contents reads and writes whichever is current, through one FileTree.
 *
 * Every call carries the workspace's epoch, and the manifest row and the host refuse an older one.
 */
import type { HostId, WorkspaceId } from '@cellbook/shared/ids.ts';
import type { EnvironmentReset } from '@cellbook/shared/protocol/environment-api.ts';
import type { FileTree, TreePath } from './file-tree.ts';

export interface FlushReport {
  /** The manifest version that now holds everything. */
  version: number;
  files: number;
  bytesUploaded: number;
  /** What cannot be kept: sockets, devices, fifos, and what is over a limit. */
  skipped: { path: TreePath; reason: string }[];
}

export interface FilesOptions {
  /** Room that was asked for in the quota of storage: it shrinks by what changes through this tree add. */
  reservation?: string;
}

export interface WorkspaceVolumes {
  /** A new, empty volume. Idempotent. */
  create(workspaceId: WorkspaceId): Promise<void>;
  /**
   * Brings the stored files to a directory on a host (the only one unless told) and gives its path. Idempotent
   * for one epoch.
   */
  attach(
    workspaceId: WorkspaceId,
    epoch: number,
    signal: AbortSignal,
    host?: HostId,
  ): Promise<{ directory: string }>;
  /** Goes on with a live directory under a newer epoch; an older owner is refused from then on. Idempotent. */
  adopt(workspaceId: WorkspaceId, epoch: number): Promise<void>;
  /** Captures everything on the live directory. Resolves when it would survive the loss of this host. */
  flush(workspaceId: WorkspaceId, epoch: number, signal: AbortSignal): Promise<FlushReport>;
  /** Forgets the live directory after a flush and removes it from the host. Idempotent. */
  detach(workspaceId: WorkspaceId, epoch: number): Promise<void>;
  /** Removes the live directory, manifests and what only this volume refers to. Idempotent. */
  destroy(workspaceId: WorkspaceId): Promise<void>;
  /** Uninstalls everything, or brings back what was installed before; touches no file (cells/src/environments). */
  resetEnvironment(workspaceId: WorkspaceId, to: EnvironmentReset, signal: AbortSignal): Promise<void>;
  /** Whether a host has them in its live directory; false once they were stored and given back. */
  isOnHost(workspaceId: WorkspaceId): Promise<boolean>;
  /** The files now, live or stored; every change it acknowledges would survive the loss of this host. */
  files(workspaceId: WorkspaceId, options?: FilesOptions): Promise<FileTree>;
}
