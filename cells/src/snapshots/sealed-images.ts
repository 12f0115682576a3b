/**
 * Images of sandboxes' memory on this host's disk, where nothing of them is in the clear: a directory each, with
 * the sealed chunks of its files and the sealed manifest that says how they go together.
 *
 *     sandbox ──checkpoint──▶ scratch (memory) ──threads: cut, name, compress, seal──▶ <sandbox>.draft ──rename──▶ <sandbox>
 *     sandbox ◀──restore──── scratch (memory) ◀──threads: open, verify by name──── here, or from the object store ◀┤
 *        ▲                                                                                                         │
 *        └──reads on──── lazy/ (the file of pages) ◀──threads: open what is read, verify──── here, or from there ◀─┘
 *
 * The key comes with each command and is kept nowhere here, but for as long as an image that was opened ahead waits for
 * its start. An image that is still read is removed when it is not any more.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type SandboxId, sandboxIdSchema, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { SnapshotImage } from '../sandbox/driver.ts';
import { Semaphore } from '../storage/tree/semaphore.ts';
import { fetchingFrom, lyingIn, type Sources } from './chunk-source.ts';
import type { ImageShelf, KeptImage } from './image-shelf.ts';
import type { LazyFiles } from './lazy/lazy-files.ts';
import { chunksOf } from './lazy/lazy-image.ts';
import { type ImageManifest, openManifest, sealManifest } from './manifest.ts';
import { OpeningImages } from './opening-images.ts';
import { cutFiles } from './pieces.ts';
import { manifestName, type RemoteImages, type SentImage } from './remote-images.ts';
import type { Scratch } from './scratch.ts';
import type { SealingThreads } from './sealing-threads.ts';
import { WorkingSets } from './working-set.ts';

export interface SealedImagesParts {
  directory: string;
  scratch: Scratch;
  threads: SealingThreads;
  remote: RemoteImages;
  random: Random;
  clock: Clock;
  log: Pick<Logger, 'warn'>;
  metrics: Metrics;
  /** Null where files cannot be served as they are read. */
  lazy: LazyFiles | null;
}

export class SealedImages implements ImageShelf {
  readonly #parts: SealedImagesParts;
  readonly #writes = new Semaphore(limits.snapshots.writesMax);
  /** How often each image is being read, and those to be removed when it is not any more. */
  readonly #readers = new Map<SandboxId, number>();
  readonly #leaving = new Set<SandboxId>();
  readonly #workingSets = new WorkingSets();
  readonly #opening: OpeningImages;

  private constructor(parts: SealedImagesParts) {
    this.#parts = parts;
    this.#opening = new OpeningImages({
      ...parts,
      workingSets: this.#workingSets,
      manifestOf: async (image, signal) => (await this.#manifest(image, signal)).manifest,
      sourcesOf: (image, scratch) => this.#sources(image, scratch),
      readBy: (of) => this.#readBy(of),
    });
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

  openAhead(image: KeptImage): void {
    this.#opening.ahead(image);
  }

  async read<T>(image: KeptImage, use: (directory: string) => Promise<T>, signal: AbortSignal): Promise<T> {
    const ahead = await this.#opening.take(image, signal);
    const opened = ahead ?? (await this.#opening.open(image, signal));
    try {
      signal.throwIfAborted();
      const used = await use(opened.directory);
      opened.leave();
      return used;
    } catch (error) {
      opened.close();
      throw error;
    }
  }

  /** Throws where it does not open, or where a piece of it is missing: one that is half there is never begun. */
  async #manifest(
    { of, key, remoteOf }: KeptImage,
    signal: AbortSignal,
  ): Promise<{ sealed: Buffer; manifest: ImageManifest }> {
    const { remote } = this.#parts;
    const sealed = await (remoteOf ? remote.manifest(remoteOf, of, signal) : readManifest(this.#path(of)));
    if (sealed === null) throw unusable('there is no whole image', of);
    const manifest = openManifest(key, of, sealed);
    if (manifest === null) throw unusable('its image does not open with the key of its workspace', of);
    const there = await (remoteOf ? remote.chunkNames(remoteOf, signal) : readdir(this.#path(of)));
    const isThere = new Set(there);
    if (!chunksOf(manifest.files).every(({ name }) => isThere.has(name)))
      throw unusable(`a piece of its image is missing${remoteOf ? ' in the object store' : ''}`, of);
    return { sealed, manifest };
  }

  #sources({ of, remoteOf, copyOf }: KeptImage, scratch: string): Sources {
    const { remote } = this.#parts;
    if (remoteOf) return [fetchingFrom(remote, remoteOf, scratch)];
    const here = lyingIn(this.#path(of));
    return copyOf ? [here, fetchingFrom(remote, copyOf, scratch)] : [here];
  }

  #readBy(of: SandboxId): () => Promise<void> {
    this.#readers.set(of, (this.#readers.get(of) ?? 0) + 1);
    return async () => {
      const readers = (this.#readers.get(of) ?? 1) - 1;
      if (readers > 0) return void this.#readers.set(of, readers);
      this.#readers.delete(of);
      if (this.#leaving.delete(of)) await this.remove(of);
    };
  }

  async send(workspaceId: WorkspaceId, image: KeptImage, signal: AbortSignal): Promise<SentImage> {
    const { threads, remote } = this.#parts;
    const { of, key } = image;
    const { sealed, manifest } = await this.#manifest(image, signal);
    const chunks = new Map(chunksOf(manifest.files).map((chunk) => [chunk.name, chunk]));
    const pack = (name: string) => {
      const chunk = chunks.get(name);
      if (!chunk) throw new Error('a chunk that is not of this image');
      return threads.pack(of, { kind: 'pack', key, chunk, directory: this.#path(of) });
    };
    return remote.send(workspaceId, of, { manifest: sealed, names: [...chunks.keys()], pack }, signal);
  }

  async stored(image: KeptImage, signal: AbortSignal): Promise<SnapshotImage | null> {
    try {
      const { bytes, fingerprint } = (await this.#manifest(image, signal)).manifest;
      return { bytes, fingerprint };
    } catch (error) {
      if (error instanceof CellbookError && error.code === 'sandbox_unavailable') return null;
      throw error;
    }
  }

  async list(): Promise<SandboxId[]> {
    const names = await readdir(this.#parts.directory);
    return names.flatMap((name) => {
      const id = sandboxIdSchema.safeParse(name);
      return id.success && !this.#leaving.has(id.data) ? [id.data] : [];
    });
  }

  /** Under another name first, so that one that is half removed is no image. */
  async remove(of: SandboxId): Promise<void> {
    void this.#opening.drop(of);
    if (this.#readers.has(of)) return void this.#leaving.add(of);
    const leaving = `${this.#path(of)}.leaving`;
    await rename(this.#path(of), leaving).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rm(leaving, { recursive: true, force: true });
  }

  async close(): Promise<void> {
    const dropped = this.#opening.close();
    // First those who write answers: the device is closed when they are done with it.
    await this.#parts.threads.close();
    await dropped;
    await this.#parts.lazy?.close();
    await this.#parts.scratch.unmount();
  }

  async #seal({ of, key }: KeptImage, from: string, made: SnapshotImage): Promise<void> {
    const draft = `${this.#path(of)}.draft`;
    await rm(draft, { recursive: true, force: true });
    await mkdir(draft, { mode: 0o700 });
    try {
      const files = await cutFiles({ threads: this.#parts.threads, of, key, from, to: draft });
      const readFirst = this.#workingSets.of(key, files);
      const manifest: ImageManifest = { ...made, formatVersion: 1, files, readFirst };
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
