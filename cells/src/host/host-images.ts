/** Images of sandboxes' memory on this host's disk, a directory each, named by the sandbox it is of. */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type SandboxId, sandboxIdSchema } from '@cellbook/shared/ids.ts';

export class HostImages {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  static async open(directory: string): Promise<HostImages> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return new HostImages(directory);
  }

  path(imageOf: SandboxId): string {
    return join(this.#directory, imageOf);
  }

  async list(): Promise<SandboxId[]> {
    const names = await readdir(this.#directory);
    return names.flatMap((name) => {
      const id = sandboxIdSchema.safeParse(name);
      return id.success ? [id.data] : [];
    });
  }

  /** Under another name first, so that one that is half removed is no image. Idempotent. */
  async remove(imageOf: SandboxId): Promise<void> {
    const leaving = `${this.path(imageOf)}.leaving`;
    await rename(this.path(imageOf), leaving).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rm(leaving, { recursive: true, force: true });
  }
}
