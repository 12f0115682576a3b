/**
 * Chunks that are fetched before anybody asks for them, since somebody did last time (working-set.ts): several at once,
 * in the order they are likely wanted. Who asks for one that is not on its way yet has it fetched by the source behind.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { eachAtMost } from '../storage/tree/semaphore.ts';
import type { ChunkSource } from './chunk-source.ts';
import { free } from './free.ts';
import type { RemoteImages } from './remote-images.ts';

export interface FetchingAhead {
  remote: Pick<RemoteImages, 'chunk'>;
  of: WorkspaceId;
  names: readonly string[];
  /** Not there yet. What is fetched stays in it: a chunk is read in several goes. */
  directory: string;
  behind: ChunkSource;
}

export interface FetchedAhead {
  source: ChunkSource;
  /** Nothing is written any more when this resolves. */
  stop(): Promise<void>;
}

export function fetchAhead({ remote, of, names, directory, behind }: FetchingAhead): FetchedAhead {
  const stopped = new AbortController();
  /** Whether it came. */
  const begun = new Map<string, Promise<boolean>>();
  const asked = new Set<string>();

  async function fetch(name: string): Promise<boolean> {
    try {
      const bytes = await remote.chunk(of, name, stopped.signal);
      await writeFile(join(directory, name), bytes);
      free(bytes);
      return true;
    } catch {
      // Why is told by the source behind, which is asked next.
      return false;
    }
  }

  async function fetchAll(): Promise<void> {
    await mkdir(directory, { recursive: true });
    await eachAtMost(limits.snapshots.piecesAtOnce, names, async (name) => {
      if (stopped.signal.aborted || asked.has(name) || begun.has(name)) return;
      const coming = fetch(name);
      begun.set(name, coming);
      await coming;
    });
  }

  const over = fetchAll().catch(() => undefined);
  return {
    source: {
      async having(chunks, work, signal) {
        const coming = chunks.map(({ name }) => begun.get(name));
        const isHere = !coming.includes(undefined) && (await Promise.all(coming)).every(Boolean);
        if (isHere) return work(directory);
        for (const { name } of chunks) asked.add(name);
        return behind.having(chunks, work, signal);
      },
    },
    async stop() {
      stopped.abort();
      await over;
    },
  };
}
