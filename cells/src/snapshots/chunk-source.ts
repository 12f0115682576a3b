/** Where chunks are when threads open them: on this host's disk already, or fetched into its memory for it. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Chunk } from './chunk.ts';
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

/** All of a piece at once, and pieces beside each other; each is gone as soon as it was opened. */
export function fetchingFrom(remote: RemoteImages, of: WorkspaceId, scratch: string): ChunkSource {
  let count = 0;
  return {
    async having(chunks, work, signal) {
      const directory = join(scratch, String(count++));
      await mkdir(directory, { recursive: true });
      const names = [...new Set(chunks.map(({ name }) => name))];
      const fetch = async (name: string) =>
        writeFile(join(directory, name), await remote.chunk(of, name, signal));
      const fetching = names.map(fetch);
      try {
        await Promise.all(fetching);
        return await work(directory);
      } finally {
        // One that failed may be asked again and again: nothing of it stays in memory.
        await Promise.allSettled(fetching);
        await rm(directory, { recursive: true, force: true });
      }
    },
  };
}
