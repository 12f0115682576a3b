/**
 * Images of sandboxes' memory on this host's disk, where nothing of them is in the clear: a directory each, with
 * the sealed chunks of its files and the sealed manifest that says how they go together.
 *
 *     sandbox ──checkpoint──▶ scratch (memory) ──threads: cut, name, compress, seal──▶ <sandbox>.draft ──rename──▶ <sandbox>
 *     sandbox ◀──restore──── scratch (memory) ◀──threads: open, verify by name──── here, or from the object store ◀┘
 *
 * The key comes with each command and is kept nowhere here.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type SandboxId, sandboxIdSchema, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { SnapshotImage } from '../sandbox/driver.ts';
import { Semaphore } from '../storage/tree/semaphore.ts';
import { fetchingFrom, lyingIn } from './chunk-source.ts';
import type { ImageShelf, KeptImage } from './image-shelf.ts';
import { type ImageManifest, openManifest, sealManifest } from './manifest.ts';
import { cutFiles, putTogether } from './pieces.ts';
import { manifestName, type RemoteImages, type SentImage } from './remote-images.ts';
import type { Scratch } from './scratch.ts';
import type { SealingThreads } from './sealing-threads.ts';

export interface SealedImagesParts {
  directory: string;
  scratch: Scratch;
  threads: SealingThreads;
  remote: RemoteImages;
  random: Random;
}

export class SealedImages implements ImageShelf {
  readonly #parts: SealedImagesParts;
  readonly #writes = new Semaphore(limits.snapshots.writesMax);

  private constructor(parts: SealedImagesParts) {
    this.#parts = parts;
  }

  /** Removes what was cut short, and what is not sealed. */
  static async open(parts: SealedImagesParts): Promise<SealedImages> {
    const { directory } = parts;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const name of await readdir(directory)) {
      const isWhole = sandboxIdSchema.safeParse(name).success && (await readManifest(join(directory, name)));
      if (!isWhole) await rm(join(directory, name), { recursive: true, force: true });
    }
    return new SealedImages(parts);
  }

  write(image: KeptImage, make: (directory: string) => Promise<SnapshotImage>): Promise<SnapshotImage> {
    const { scratch } = this.#parts;
    return this.#writes.run(() =>
      scratch.use(async (directory) => {
        const clear = join(directory, 'image');
        const made = await make(clear);
        await this.#seal(image, clear, made);
        return made;
      }),
    );
  }

  async read<T>(
    { of, key, remoteOf }: KeptImage,
    use: (directory: string) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const { scratch, threads, remote } = this.#parts;
    const sealed = await (remoteOf ? remote.manifest(remoteOf, of, signal) : readManifest(this.#path(of)));
    if (sealed === null) throw unusable('there is no whole image', of);
    const manifest = openManifest(key, of, sealed);
    if (manifest === null) throw unusable('its image does not open with the key of its workspace', of);
    return scratch.use(async (directory) => {
      const [to, fetched] = [join(directory, 'image'), join(directory, 'fetched')];
      const from = remoteOf ? fetchingFrom(remote, remoteOf, fetched) : lyingIn(this.#path(of));
      await putTogether({ threads, of, key, from, to }, manifest.files, signal);
      return use(to);
    });
  }

  async send(workspaceId: WorkspaceId, of: SandboxId, signal: AbortSignal): Promise<SentImage> {
    if ((await readManifest(this.#path(of))) === null) throw unusable('there is no whole image', of);
    return this.#parts.remote.send(workspaceId, of, this.#path(of), signal);
  }

  async list(): Promise<SandboxId[]> {
    const names = await readdir(this.#parts.directory);
    return names.flatMap((name) => {
      const id = sandboxIdSchema.safeParse(name);
      return id.success ? [id.data] : [];
    });
  }

  /** Under another name first, so that one that is half removed is no image. */
  async remove(of: SandboxId): Promise<void> {
    const leaving = `${this.#path(of)}.leaving`;
    await rename(this.#path(of), leaving).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rm(leaving, { recursive: true, force: true });
  }

  async close(): Promise<void> {
    await this.#parts.threads.close();
    await this.#parts.scratch.unmount();
  }

  async #seal({ of, key }: KeptImage, from: string, made: SnapshotImage): Promise<void> {
    const draft = `${this.#path(of)}.draft`;
    await rm(draft, { recursive: true, force: true });
    await mkdir(draft, { mode: 0o700 });
    try {
      const files = await cutFiles({ threads: this.#parts.threads, of, key, from, to: draft });
      const manifest: ImageManifest = { ...made, formatVersion: 1, files };
      await writeFile(join(draft, manifestName), sealManifest(key, of, manifest, this.#parts.random), {
        mode: 0o600,
      });
      await rename(draft, this.#path(of));
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      throw error;
    }
  }

  #path(of: SandboxId): string {
    return join(this.#parts.directory, of);
  }
}

async function readManifest(directory: string): Promise<Buffer | null> {
  try {
    return await readFile(join(directory, manifestName));
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return null;
    throw error;
  }
}

const unusable = (problem: string, sandboxId: SandboxId): CellbookError =>
  new CellbookError('sandbox_unavailable', {
    doing: 'reading an image of a sandbox',
    problem,
    ids: { sandboxId },
  });
