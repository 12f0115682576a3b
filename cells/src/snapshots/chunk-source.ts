/** Where chunks are when threads open them: on this host's disk already, or fetched into its memory for it. */
import { rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Chunk } from './chunk.ts';
import { free } from './free.ts';
import type { RemoteImages } from './remote-images.ts';

export interface ChunkSource {
  /** Runs `work` while these chunks lie in a directory, each a file of its name. */
  having<T>(
    chunks: readonly Chunk[],
    work: (directory: string) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T>;
}

/** Asked in turn, until one has what is wanted whole. */
export type Sources = readonly [ChunkSource, ...ChunkSource[]];

export const lyingIn = (directory: string): ChunkSource => ({ having: (_chunks, work) => work(directory) });

/**
 * All of a piece at once, and pieces beside each other; each is gone as soon as everybody has opened it. Little is done
 * for each, and its memory given back at once: hundreds come while a user waits.
 */
export function fetchingFrom(
  remote: Pick<RemoteImages, 'chunk'>,
  of: WorkspaceId,
  scratch: string,
): ChunkSource {
  const held = new Map<string, { coming: Promise<void>; users: number }>();
  let made: Promise<unknown> | null = null;

  async function fetch(name: string, signal: AbortSignal): Promise<void> {
    made ??= mkdir(scratch, { recursive: true }).catch((error: unknown) => {
      made = null;
      throw error;
    });
    await made;
    const bytes = await remote.chunk(of, name, signal);
    await writeFile(join(scratch, name), bytes);
    free(bytes);
  }

  function take(name: string, signal: AbortSignal): Promise<void> {
    const one = held.get(name) ?? { coming: fetch(name, signal), users: 0 };
    one.users += 1;
    held.set(name, one);
    return one.coming;
  }

  /** At once, so that nobody who fetches it anew meanwhile loses it; it is memory, and takes no time. */
  function leave(name: string): void {
    const one = held.get(name);
    if (!one || --one.users > 0) return;
    held.delete(name);
    rmSync(join(scratch, name), { force: true });
  }

  return {
    async having(chunks, work, signal) {
      const names = [...new Set(chunks.map(({ name }) => name))];
      const fetching = names.map((name) => take(name, signal));
      try {
        await Promise.all(fetching);
        return await work(scratch);
      } finally {
        // One that failed may be asked again and again: nothing of it stays in memory.
        await Promise.allSettled(fetching);
        names.forEach(leave);
      }
    },
  };
}
