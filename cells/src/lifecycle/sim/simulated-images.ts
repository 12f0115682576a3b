/** Where images of simulated sandboxes' memory lie: what SealedImages is to a real host, without a disk. */
import type { SandboxId } from '@cellbook/shared/ids.ts';
import type { SnapshotImage } from '../../sandbox/driver.ts';
import type { ImageShelf, KeptImage } from '../../snapshots/image-shelf.ts';
import type { SimulatedMemory } from './simulated-driver.ts';

export class SimulatedImages implements ImageShelf {
  readonly kept = new Map<SandboxId, SimulatedMemory>();

  readonly #written = new Map<SandboxId, SnapshotImage>();

  /** A directory's name is the sandbox's here. */
  async write(
    { of }: KeptImage,
    make: (directory: string) => Promise<SnapshotImage>,
  ): Promise<SnapshotImage> {
    const image = await make(of);
    this.#written.set(of, image);
    return image;
  }

  async stored({ of }: KeptImage): Promise<SnapshotImage | null> {
    return this.kept.has(of) ? (this.#written.get(of) ?? null) : null;
  }

  openAhead(): void {
    // Nothing takes time here.
  }

  read<T>({ of }: KeptImage, use: (directory: string) => Promise<T>): Promise<T> {
    return use(of);
  }

  /** Nothing gets there: what a simulated host has lost is lost. */
  async send(): Promise<never> {
    throw new Error('the simulated world has no object store for images');
  }

  async list(): Promise<SandboxId[]> {
    return [...this.kept.keys()];
  }

  async remove(of: SandboxId): Promise<void> {
    this.kept.delete(of);
    this.#written.delete(of);
  }

  async close(): Promise<void> {}
}
