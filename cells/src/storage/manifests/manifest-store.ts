/**
 * The pointer to each volume's current tree, and every pointer it ever was. This is the only mutable state
 * of storage; objects are immutable, so whoever may move this pointer decides what the volume holds.
 *
 * Two fences guard a commit. The version is a compare-and-swap: a writer that has not seen the latest tree
 * is told `conflict`, reads the row and tries again. The epoch is a fence: `claim` raises it, and a writer
 * with an older one is told `stale_epoch` and must stop, because another owner has taken the volume over.
 */
import type { HostId, VolumeId, WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';

export interface VolumeRow {
  workspaceId: WorkspaceId;
  volumeId: VolumeId;
  version: number;
  epoch: number;
  /** sha256 of the root directory object; null while the volume is empty. */
  root: string | null;
  /** The host whose live directory is the truth, or null when the stored tree is. */
  attachedHost: HostId | null;
  sweptVersion: number;
  /** Counts sweeps that have begun. */
  sweeps: number;
  /** Until when a removal of the last of them may still arrive at the object store; null: each was answered. */
  doubtfulUntilMs: number | null;
}

export interface Manifest {
  version: number;
  epoch: number;
  root: string | null;
  reason: string;
  committedAtMs: number;
}

export interface Commit {
  workspaceId: WorkspaceId;
  /** The version that the new tree was made from. */
  expectedVersion: number;
  epoch: number;
  root: string;
  /** The sizes of its files; null or absent where they were not measured: the last measure stays. */
  bytes?: number | null;
  /** What its earlier versions of files hold beyond them; as `bytes`. */
  versionBytes?: number | null;
  /** Room that was asked for: it shrinks by what this commit adds, in the same statement. */
  reservation?: string | undefined;
  reason: string;
  committedAtMs: number;
}

export interface Swept {
  version: number;
  sweeps: number;
  dueAtMs: number | null;
}

export interface ManifestStore {
  /** Makes an empty volume at version 0 and epoch 0, or gives the one there is. */
  create(workspaceId: WorkspaceId, volumeId: VolumeId): Promise<VolumeRow>;
  read(workspaceId: WorkspaceId): Promise<VolumeRow | null>;
  /** Makes `host` the owner under `epoch`. Repeating it is harmless; an older epoch is `stale_epoch`. */
  claim(workspaceId: WorkspaceId, epoch: number, host: HostId): Promise<VolumeRow>;
  /**
   * The stored tree is the truth again. Raises the epoch as `claim` does, so that whoever had the directory
   * before can commit nothing more. Idempotent; an older epoch is `stale_epoch`.
   */
  release(workspaceId: WorkspaceId, epoch: number): Promise<void>;
  /** Moves the pointer and keeps the manifest; gives the new version. Throws `conflict`, `stale_epoch` or `gone`. */
  commit(commit: Commit): Promise<number>;
  /** Newest first; `before` pages through. */
  list(workspaceId: WorkspaceId, limit: number, before?: number): Promise<Manifest[]>;
  /** Forgets versions; the current one never. */
  forget(workspaceId: WorkspaceId, versions: readonly number[]): Promise<void>;
  /**
   * A sweep is about to remove objects: from here on nothing that a cache knew of them counts, and until
   * `doubtfulUntilMs` its removals may arrive. Gives the new count. Throws `stale_epoch` for another owner's volume,
   * `gone` for none.
   */
  beginSweep(workspaceId: WorkspaceId, epoch: number, doubtfulUntilMs: number): Promise<number>;
  /**
   * A sweep is done; `dueAtMs` is when the next has something to do, null for never. If it is still the last that has
   * begun, each of its removals was answered.
   */
  markSwept(workspaceId: WorkspaceId, swept: Swept): Promise<void>;
  /**
   * Volumes on no host whose time to be tidied has come, the longest due first. They are the caller's for
   * `leaseMs`: nobody else is given them meanwhile, and whoever dies over one leaves it due again.
   */
  claimTidy(claim: { nowMs: number; leaseMs: number; max: number }): Promise<WorkspaceId[]>;
  /** How versions are kept: by what the organisation pays for today, else what it paid for at the start. */
  tierOf(workspaceId: WorkspaceId): Promise<Tier>;
  /** Removes the volume and its manifests; gives the id its objects lie under, or null when there was none. */
  destroy(workspaceId: WorkspaceId): Promise<VolumeId | null>;
}
