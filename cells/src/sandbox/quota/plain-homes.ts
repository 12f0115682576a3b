/** Directories without a limit, where the host can mount nothing: code can fill the host's disk. */
import { chown, mkdir, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { sandboxGid, sandboxUid } from '../driver.ts';
import type { HomeProvider } from './home-provider.ts';

export class PlainHomes implements HomeProvider {
  readonly kind = 'plain';
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = resolve(directory);
  }

  directoryOf(workspaceId: WorkspaceId): string {
    return join(this.#directory, workspaceId);
  }

  async prepareHome(workspaceId: WorkspaceId, _diskBytesMax: number): Promise<{ directory: string }> {
    const directory = join(this.#directory, workspaceId);
    await mkdir(directory, { recursive: true, mode: 0o755 });
    if (process.getuid?.() === 0) await chown(directory, sandboxUid, sandboxGid);
    return { directory };
  }

  async releaseHome(workspaceId: WorkspaceId): Promise<void> {
    await rm(join(this.#directory, workspaceId), { recursive: true, force: true });
  }

  async list(): Promise<WorkspaceId[]> {
    const names = await readdir(this.#directory).catch(() => [] as string[]);
    return names.flatMap((name) => {
      const id = workspaceIdSchema.safeParse(name);
      return id.success ? [id.data] : [];
    });
  }
}
