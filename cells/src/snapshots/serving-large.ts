/**
 * The large files of an image, in the place of which stands one that is opened as it is read (lazy/). Of one that is
 * fetched, what was wanted first last time comes before it is asked for; what is wanted this time is noted.
 */
import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { Sources } from './chunk-source.ts';
import { type FetchedAhead, type FetchingAhead, fetchAhead } from './fetching-ahead.ts';
import type { KeptImage } from './image-shelf.ts';
import type { LazyFiles, Served } from './lazy/lazy-files.ts';
import { bytesOf, lazyFileOf } from './lazy/lazy-image.ts';
import type { ImageFile, ImageManifest } from './manifest.ts';
import type { SealingThreads } from './sealing-threads.ts';
import type { WorkingSets } from './working-set.ts';

export interface ServingParts {
  threads: SealingThreads;
  random: Random;
  clock: Clock;
  log: Pick<Logger, 'warn'>;
  remote: FetchingAhead['remote'];
  workingSets: WorkingSets;
  lazy: Pick<LazyFiles, 'serve'>;
}

export interface ServingPlace {
  sources: Sources;
  /** Where the image's files are looked for. */
  to: string;
  /** Where fetched chunks may lie. */
  scratch: string;
}

export interface ServedLarge {
  /** What is not served: it is to be opened whole. */
  whole: ImageFile[];
  /** Nobody opens them from now on; resolves when nobody reads them. */
  end(): Promise<void>;
}

export async function serveLarge(
  parts: ServingParts,
  image: KeptImage,
  { files, readFirst }: Pick<ImageManifest, 'files' | 'readFirst'>,
  place: ServingPlace,
): Promise<ServedLarge> {
  const ends: (() => Promise<void>)[] = [];
  const whole: ImageFile[] = [];
  const end = async () => void (await Promise.all(ends.map((one) => one())));
  try {
    for (const file of files) {
      const first = readFirst.find(({ path }) => path === file.path)?.chunks ?? [];
      const ahead = aheadOf(parts, image, file, { first, ...place });
      if (ahead) ends.push(() => ahead.stop());
      const [behind, ...others] = place.sources;
      const sources: Sources = [ahead?.source ?? behind, ...others];
      const one = serve(parts, image, file, sources);
      if (one === null) {
        whole.push(file);
        continue;
      }
      ends.push(() => {
        one.drop();
        return one.released;
      });
      await mkdir(dirname(join(place.to, file.path)), { recursive: true });
      await symlink(one.path, join(place.to, file.path));
    }
    return { whole, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Null for one that is better opened whole. */
function serve(parts: ServingParts, image: KeptImage, file: ImageFile, sources: Sources): Served | null {
  const { of, key, remoteOf } = image;
  const lazyFile = lazyFileOf(file, {
    ...{ ...parts, of, key, sources },
    atOnce: remoteOf ? remoteAtOnce : localAtOnce,
    chunksAtOnce: remoteOf ? 1 : limits.snapshots.unitChunks,
    sought(chunks) {
      if (chunks.length === 0 || file.kind === 'inline') return;
      parts.workingSets.note(key, { path: file.path, chunks, of: file.chunks.length });
    },
  });
  return lazyFile && parts.lazy.serve(lazyFile);
}

/** Null where nothing is known, or fetched; of a smaller file nobody runs before all of it is there. */
function aheadOf(
  { remote }: Pick<ServingParts, 'remote'>,
  { remoteOf }: KeptImage,
  file: ImageFile,
  { first, scratch, sources: [behind] }: ServingPlace & { first: readonly number[] },
): FetchedAhead | null {
  if (!remoteOf || file.kind === 'inline' || bytesOf(file) < limits.sandbox.backgroundBytesMin) return null;
  const names = first.flatMap((index) => file.chunks[index]?.name ?? []);
  if (names.length === 0) return null;
  return fetchAhead({ remote, of: remoteOf, names, directory: join(scratch, 'ahead'), behind });
}

const { openThreadsMax, piecesAtOnce } = limits.snapshots;
/** Two threads, and room for what somebody waits for: more would take the processors from the sandbox that comes up. */
const localAtOnce = { inOrder: 2, waited: openThreadsMax };
const remoteAtOnce = { inOrder: piecesAtOnce, waited: piecesAtOnce };
