/**
 * A host: the one place that starts and stops sandboxes over a directory tree. It remembers the newest epoch
 * it has seen for each workspace and refuses an older one, so a controller that was asleep or replaced cannot
 * start a second sandbox or stop its successor's. Capacity is kept here too, where it is true at every
 * moment: live + starting ≤ capacity, orphans of a crashed controller included.
 *
 * Today it lives in the cell's process (local-sandbox-host.ts); a daemon per machine implements the same.
 */
import type { HostId, SandboxId, WorkspaceId } from '@cellbook/shared/ids.ts';
import type { ObservedSandbox, Sandbox, SandboxExit, SandboxSpec } from '../sandbox/driver.ts';

export interface HostLoad {
  live: number;
  starting: number;
  capacity: number;
}

export interface SandboxHost {
  readonly hostId: HostId;
  /**
   * Starts the sandbox of a workspace, or returns the one already started under this epoch. Those of older
   * epochs are destroyed first. Throws `stale_epoch`, `capacity_exhausted` or `sandbox_unavailable`.
   */
  start(spec: SandboxSpec, signal: AbortSignal): Promise<Sandbox>;
  /** Destroys what the workspace has here, under this epoch or older. Throws `stale_epoch`. Idempotent. */
  stop(workspaceId: WorkspaceId, epoch: number): Promise<void>;
  /** Destroys one sandbox by its id, whosever it is: for orphans. Idempotent. */
  destroy(sandboxId: SandboxId): Promise<void>;
  /** The usable sandbox of a workspace, if there is one. */
  current(workspaceId: WorkspaceId): Sandbox | null;
  /** How its last sandbox here ended, when that was not asked for. */
  lastLoss(workspaceId: WorkspaceId): SandboxExit | null;
  list(): Promise<ObservedSandbox[]>;
  load(): HostLoad;
  /** Called when a sandbox ends without having been asked to. */
  onLost(listener: (workspaceId: WorkspaceId) => void): void;
}
