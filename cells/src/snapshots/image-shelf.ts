/** Where images of sandboxes' memory lie on a host, by the sandboxes they are of. */
import type { SandboxId } from '@cellbook/shared/ids.ts';
import type { SnapshotImage } from '../sandbox/driver.ts';
import type { ImageKey } from './image-key.ts';

/** An image, and what opens it. */
export interface KeptImage {
  of: SandboxId;
  key: ImageKey;
}

export interface ImageShelf {
  /** `make` writes the image into a directory that does not exist yet, and that is gone when this resolves. */
  write(image: KeptImage, make: (directory: string) => Promise<SnapshotImage>): Promise<SnapshotImage>;
  /** `use` reads it from a directory that is gone afterwards. Throws `sandbox_unavailable` where it cannot be had whole. */
  read<T>(image: KeptImage, use: (directory: string) => Promise<T>, signal: AbortSignal): Promise<T>;
  list(): Promise<SandboxId[]>;
  /** Idempotent. */
  remove(of: SandboxId): Promise<void>;
  close(): Promise<void>;
}
