import { limits } from '@cellbook/shared/limits.ts';
import { encodeDirectory } from './directory-object.ts';
import type { Entries } from './entry.ts';
import { paced } from './paced.ts';
import { packedBytes } from './tree-pack.ts';
import { sha256Of, type VolumeObjects } from './volume-objects.ts';

const { directoriesMin, bytesMax, entriesMax } = limits.storage.packs;
/** Of an entry, about; a directory has a few of its own. */
const entryBytes = 300;
const costOf = (entries: Entries): number => (entries.size + 1) * entryBytes;

/** Gives a directory, or null where it would have to be fetched and is not to be. */
export type ReadDirectory = (sha256: string) => Promise<Entries | null>;

/**
 * Stores the pack of a tree that has many directories, unless it is there (tree-pack.ts); whether it is there now.
 * Callers hold the workspace's lock: what is costly comes after the question whether it is needed, and in turns.
 */
export async function savePack(
  objects: VolumeObjects,
  tree: string | null,
  read: ReadDirectory,
  signal: AbortSignal,
): Promise<boolean> {
  const found = tree === null ? null : await directoriesOf(tree, read, signal);
  if (tree === null || found === null) return false;
  if (await objects.hasPack(tree, signal)) return true;
  const directories = await encoded(found, signal);
  if (directories === null) return false;
  await objects.putPack(tree, directories, signal);
  return true;
}

/** By hash, from the top; null where there are few, too many, or one that is not given. */
async function directoriesOf(
  tree: string,
  read: ReadDirectory,
  signal: AbortSignal,
): Promise<Map<string, Entries> | null> {
  const waiting = new Set([tree]);
  const found = new Map<string, Entries>();
  let [count, last] = [0, 0];
  // What is added meanwhile comes in its turn, and each once.
  for await (const sha256 of paced(waiting, () => last, signal)) {
    const entries = await read(sha256);
    if (entries === null) return null;
    count += entries.size;
    if (count > entriesMax) return null;
    last = costOf(entries);
    found.set(sha256, entries);
    for (const entry of entries.values())
      if (entry.type === 'directory' && entry.sha256 !== null) waiting.add(entry.sha256);
  }
  return found.size >= directoriesMin ? found : null;
}

/** Null where they are too much for one object. */
async function encoded(found: Map<string, Entries>, signal: AbortSignal): Promise<Buffer[] | null> {
  const directories: Buffer[] = [];
  let bytes = 0;
  for await (const [sha256, entries] of paced(found, ([, each]) => costOf(each), signal)) {
    const directory = encodeDirectory(entries);
    bytes += packedBytes(directory);
    if (bytes > bytesMax) return null;
    // One that was written in another way is read by itself.
    if (sha256Of(directory) === sha256) directories.push(directory);
  }
  return directories.length >= directoriesMin ? directories : null;
}
