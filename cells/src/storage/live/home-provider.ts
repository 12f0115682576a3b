/**
 * Gives each workspace a directory on this host. The plain one here bounds nothing; the sandbox's provider
 * (cells/src/sandbox/quota) mounts a file system of the right size for each and has the same shape.
 */
import { chown, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { sandboxGid, sandboxUid } from '../../sandbox/driver.ts';

export interface HomeProvider {
  /** The directory, made when it is missing. Idempotent; what is in it stays. */
  prepareHome(workspaceId: WorkspaceId, diskBytesMax: number): Promise<{ directory: string }>;
  /** Where that is, whether it exists or not. */
  directoryOf(workspaceId: WorkspaceId): string;
  /** Removes the directory and everything in it. Idempotent. */
  releaseHome(workspaceId: WorkspaceId): Promise<void>;
  /** What exists on this host, also after a crash. */
  list(): Promise<WorkspaceId[]>;
}

/** A directory that the sandbox's user owns. A cell that is not root cannot give it away, and need not. */
export async function makeSandboxDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  if (process.getuid?.() === 0) await chown(directory, sandboxUid, sandboxGid);
}

export function createPlainHomeProvider(homesDirectory: string): HomeProvider {
  const directoryOf = (workspaceId: WorkspaceId) => join(homesDirectory, workspaceId);
  return {
    directoryOf,
    async prepareHome(workspaceId) {
      const directory = directoryOf(workspaceId);
      await makeSandboxDirectory(directory);
      return { directory };
    },
    async releaseHome(workspaceId) {
      await rm(directoryOf(workspaceId), { recursive: true, force: true });
    },
    async list() {
      const names = await readdir(homesDirectory).catch(() => []);
      return names
        .filter((name) => workspaceIdSchema.safeParse(name).success)
        .map((name) => workspaceIdSchema.parse(name));
    },
  };
}
