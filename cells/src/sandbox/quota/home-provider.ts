/**
 * Directories on this host for workspaces' files, each with its own limit on disk, so that one workspace
 * can fill its volume and nothing else. What is prepared outlives the cell's process: after a crash `list`
 * says what is there.
 */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';

export interface HomeProvider {
  /** `loop` enforces the limit; `plain` cannot and is used only where no file system can be mounted. */
  readonly kind: 'loop' | 'plain';
  /**
   * The directory, owned by the sandbox's user, holding at most `diskBytesMax` (ENOSPC beyond, for code
   * inside and for us). Idempotent. A larger limit than before takes effect at the next prepare after a
   * release of the mount; a smaller one never shrinks what is there.
   */
  prepareHome(workspaceId: WorkspaceId, diskBytesMax: number): Promise<{ directory: string }>;
  /** Where that is, whether it exists or not. */
  directoryOf(workspaceId: WorkspaceId): string;
  /** Removes the directory and everything in it. Idempotent. */
  releaseHome(workspaceId: WorkspaceId): Promise<void>;
  list(): Promise<WorkspaceId[]>;
}
