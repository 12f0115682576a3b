/**
 * Sealed images in the region's object store, their chunks compressed: chunks by name, then the manifest, so that
 * an image which has its manifest is whole. What a workspace's last image had is not sent again, and goes once the
 * next is there. A copy that another image's sending removed in part (two hosts at once, one of them cut off from its
 * controller) does not open, and the next rung is taken.
 *
 *     snapshots/<workspace>/chunks/<name>        snapshots/<workspace>/images/<sandbox>
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { SandboxId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { ObjectStore } from '../storage/objects/object-store.ts';
import { eachAtMost } from '../storage/tree/semaphore.ts';

export interface SentImage {
  chunks: number;
  /** Those that were not there yet. */
  chunksSent: number;
  bytesSent: number;
}

export interface ImageToSend {
  /** Sealed, as it lies on its host. */
  manifest: Uint8Array;
  names: readonly string[];
  /** A chunk as it goes to the object store. */
  pack(name: string): Promise<Uint8Array>;
}

export const manifestName = 'manifest';

const prefixOf = (workspaceId: WorkspaceId): string => `snapshots/${workspaceId}/`;
const chunkKey = (workspaceId: WorkspaceId, name: string): string => `${prefixOf(workspaceId)}chunks/${name}`;
const imageKey = (workspaceId: WorkspaceId, of: SandboxId): string => `${prefixOf(workspaceId)}images/${of}`;

export class RemoteImages {
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /** Idempotent: one that was cut short is gone on with. */
  async send(
    workspaceId: WorkspaceId,
    of: SandboxId,
    { manifest, names, pack }: ImageToSend,
    signal: AbortSignal,
  ): Promise<SentImage> {
    const there = new Set(await this.#list(workspaceId, signal));
    const missing = names.filter((name) => !there.has(chunkKey(workspaceId, name)));
    let bytesSent = 0;
    await eachAtMost(limits.snapshots.putsAtOnce, missing, async (name) => {
      signal.throwIfAborted();
      const bytes = await pack(name);
      await this.#objects.put(chunkKey(workspaceId, name), bytes, signal);
      bytesSent += bytes.length;
    });
    await this.#objects.put(imageKey(workspaceId, of), manifest, signal);
    const kept = new Set([imageKey(workspaceId, of), ...names.map((name) => chunkKey(workspaceId, name))]);
    await this.#delete(
      [...there].filter((key) => !kept.has(key)),
      signal,
    );
    return { chunks: names.length, chunksSent: missing.length, bytesSent };
  }

  /** Null where there is none. */
  manifest(workspaceId: WorkspaceId, of: SandboxId, signal: AbortSignal): Promise<Buffer | null> {
    return this.#objects.get(imageKey(workspaceId, of), signal);
  }

  /** Of every chunk that is there of a workspace. */
  async chunkNames(workspaceId: WorkspaceId, signal: AbortSignal): Promise<string[]> {
    const prefix = chunkKey(workspaceId, '');
    const keys = await this.#list(workspaceId, signal);
    return keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  }

  /** Sealed as it is: whoever opens it checks it. Throws `sandbox_unavailable` where there is none. */
  async chunk(workspaceId: WorkspaceId, name: string, signal: AbortSignal): Promise<Buffer> {
    const bytes = await this.#objects.get(chunkKey(workspaceId, name), signal);
    if (bytes !== null) return bytes;
    throw new CellbookError('sandbox_unavailable', {
      doing: 'fetching an image of a sandbox',
      problem: 'a piece of its image is missing in the object store',
      ids: { workspaceId },
    });
  }

  /** Everything of a workspace. Idempotent. */
  async remove(workspaceId: WorkspaceId, signal?: AbortSignal): Promise<void> {
    await this.#delete(await this.#list(workspaceId, signal), signal);
  }

  /** At most what an image has, and what is left of the one before. */
  async #list(workspaceId: WorkspaceId, signal?: AbortSignal): Promise<string[]> {
    const keys: string[] = [];
    for await (const key of this.#objects.list(prefixOf(workspaceId), signal)) keys.push(key);
    return keys;
  }

  #delete(keys: readonly string[], signal?: AbortSignal): Promise<void> {
    return eachAtMost(limits.snapshots.putsAtOnce, keys, (key) => this.#objects.delete(key, signal));
  }
}
