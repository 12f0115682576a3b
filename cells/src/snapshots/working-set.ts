/**
 * What of a sandbox's memory is likely wanted first when it comes back: what somebody waited for when it came back last,
 * of an image that was read while the sandbox ran already. It is noted by place, not by content: a chunk that has been
 * written to since is wanted no less. Kept by a digest that only who has the workspace's key can make.
 *
 *     image read on ──sought──▶ noted here ──next image is written──▶ in its manifest ──▶ fetched ahead (fetching-ahead.ts)
 */
import { limits } from '@cellbook/shared/limits.ts';
import { chunkName } from './chunk.ts';
import { type ImageKey, subkeysOf } from './image-key.ts';
import type { ImageFile, ReadFirst } from './manifest.ts';

export interface Sought {
  /** Of the file. */
  path: string;
  /** Indices of its chunks, in the order they were wanted. */
  chunks: readonly number[];
  /** How many chunks it had. */
  of: number;
}

export class WorkingSets {
  readonly #noted = new Map<string, Sought>();

  note(key: ImageKey, sought: Sought): void {
    const name = nameOf(key);
    this.#noted.delete(name);
    this.#noted.set(name, sought);
    const [oldest] = this.#noted.keys();
    if (this.#noted.size > limits.snapshots.workingSetsMax && oldest !== undefined)
      this.#noted.delete(oldest);
  }

  /** For the manifest of an image of the same workspace that has these files. */
  of(key: ImageKey, files: readonly ImageFile[]): ReadFirst[] {
    const sought = this.#noted.get(nameOf(key));
    const file = files.find(({ path }) => path === sought?.path);
    if (!sought || file?.kind !== 'chunks') return [];
    return [{ path: file.path, chunks: placedIn(sought, file.chunks.length) }];
  }
}

/**
 * The same places in a file that has grown or shrunk: from its beginning or from its end, whichever is nearer, since
 * runsc gives out memory from the end and keeps what it began with at the beginning.
 */
export function placedIn({ chunks, of }: Sought, count: number): number[] {
  const moved = chunks.map((index) => (index < of / 2 ? index : index + count - of));
  return [...new Set(moved)].filter((index) => index >= 0 && index < count);
}

const nameOf = (key: ImageKey): string => chunkName(subkeysOf(key), Buffer.from('working set'));
