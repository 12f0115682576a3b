import { limits } from '@cellbook/shared/limits.ts';
import { encodeDirectory } from './directory-object.ts';
import type { Entries } from './entry.ts';
import { sha256Of, type VolumeObjects } from './volume-objects.ts';

const { directoriesMin, bytesMax } = limits.storage.packs;

/** Gives a directory, or null where it would have to be fetched and is not to be. */
export type ReadDirectory = (sha256: string) => Promise<Entries | null>;

/** Stores the pack of a tree that has many directories, unless it is there (tree-pack.ts); whether it is there now. */
export async function savePack(
  objects: VolumeObjects,
  tree: string | null,
  read: ReadDirectory,
  signal: AbortSignal,
): Promise<boolean> {
  const directories = tree === null ? null : await directoriesOf(tree, read, signal);
  if (tree === null || directories === null) return false;
  await objects.putPack(tree, directories, signal);
  return true;
}

/** Null where there are few, too many, or one that is not given. */
async function directoriesOf(
  tree: string,
  read: ReadDirectory,
  signal: AbortSignal,
): Promise<Buffer[] | null> {
  const waiting = new Set([tree]);
  const directories: Buffer[] = [];
  let bytes = 0;
  // What is added meanwhile comes in its turn, and each once.
  for (const sha256 of waiting) {
    signal.throwIfAborted();
    const entries = await read(sha256);
    if (entries === null) return null;
    const directory = encodeDirectory(entries);
    // One that was written in another way is read by itself.
    if (sha256Of(directory) === sha256) directories.push(directory);
    bytes += directory.length;
    if (bytes > bytesMax) return null;
    for (const entry of entries.values())
      if (entry.type === 'directory' && entry.sha256 !== null) waiting.add(entry.sha256);
  }
  return directories.length >= directoriesMin ? directories : null;
}
