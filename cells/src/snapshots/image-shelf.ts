/** Where images of sandboxes' memory lie on a host, by the sandboxes they are of. */
import type { SandboxId, WorkspaceId } from '@cellbook/shared/ids.ts';
import type { SnapshotImage } from '../sandbox/driver.ts';
import type { ImageKey } from './image-key.ts';
import type { SentImage } from './remote-images.ts';

/** An image, and what opens it. */
export interface KeptImage {
  of: SandboxId;
  key: ImageKey;
  /** Set where it is fetched from the object store: the workspace it is of. */
  remoteOf?: WorkspaceId;
  /** Set where the object store may have a copy of what is damaged here: the workspace it is of. */
  copyOf?: WorkspaceId;
}

export interface ImageShelf {
  /**
   * Begins to open one that is here for the `read` that follows within seconds. A hint: nothing is lost where it is not
   * followed, fails, or is not done.
   */
  openAhead(image: KeptImage): void;
  /** `make` writes the image into a directory that does not exist yet, and that is gone when this resolves. */
  write(image: KeptImage, make: (directory: string) => Promise<SnapshotImage>): Promise<SnapshotImage>;
  /**
   * `use` opens what it needs of a directory that is gone afterwards; what it has open it may read on. Throws
   * `sandbox_unavailable` where a piece of it is missing.
   */
  read<T>(image: KeptImage, use: (directory: string) => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Brings one to the object store. Throws `sandbox_unavailable` where it is not whole. */
  send(workspaceId: WorkspaceId, image: KeptImage, signal: AbortSignal): Promise<SentImage>;
  /** What `write` gave, where all of it is here; else null. */
  stored(image: KeptImage, signal: AbortSignal): Promise<SnapshotImage | null>;
  list(): Promise<SandboxId[]>;
  /** Idempotent. */
  remove(of: SandboxId): Promise<void>;
  close(): Promise<void>;
}
