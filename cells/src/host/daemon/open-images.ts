/** Where this host keeps images of sandboxes' memory: sealed on its disk, in the clear only in its memory. */
import { join } from 'node:path';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import { LazyFiles } from '../../snapshots/lazy/lazy-files.ts';
import { RemoteImages } from '../../snapshots/remote-images.ts';
import { Scratch } from '../../snapshots/scratch.ts';
import { SealedImages } from '../../snapshots/sealed-images.ts';
import { createSealingThreads } from '../../snapshots/sealing-threads.ts';
import type { ObjectStore } from '../../storage/objects/object-store.ts';
import type { DaemonTools } from './daemon.ts';

export const scratchOf = (hostDirectory: string): string => join(hostDirectory, 'scratch');

/** Null where none can be kept. */
export async function openImages(
  hostDirectory: string,
  { objects, metrics }: { objects: ObjectStore; metrics: Metrics },
  { clock, log, random }: DaemonTools,
): Promise<SealedImages | null> {
  const scratch = await Scratch.mount(scratchOf(hostDirectory), log);
  if (scratch === null) return null;
  const threads = createSealingThreads(clock);
  const remote = new RemoteImages(objects);
  const lazy = await LazyFiles.mount(join(scratchOf(hostDirectory), 'pages'), { log, clock });
  return SealedImages.open({
    ...{ directory: join(hostDirectory, 'images'), scratch, threads, remote, lazy },
    ...{ random, clock, log, metrics },
  });
}
