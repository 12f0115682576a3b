/**
 * Makes a live directory hold a stored tree: names, bytes, modes, links and times. Run again after a crash it
 * goes on where it stopped: a file is written under a temporary name and renamed when it is whole and has
 * its time, so whatever has its final name, size and time is done. What the tree does not hold is removed.
 */
import type { BigIntStats } from 'node:fs';
import { type FileHandle, mkdir, rename, symlink } from 'node:fs/promises';
import { limits } from '@cellbook/shared/limits.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { TreePath } from '../file-tree.ts';
import type { Entry, FileEntry, LinkEntry, StoredDirectory } from '../tree/entry.ts';
import { readPieces } from '../tree/file-content.ts';
import { nameToBytes } from '../tree/name.ts';
import { eachAtMost } from '../tree/semaphore.ts';
import type { VolumeObjects } from '../tree/volume-objects.ts';
import {
  at,
  createFile,
  giveToSandbox,
  namesIn,
  openDirectory,
  type Place,
  removeTree,
  statOf,
} from './beneath.ts';
import { setExactTimes, type TimeToSet } from './exact-times.ts';
import { modeOf } from './live-index.ts';
import { temporaryName } from './reserved-names.ts';
import { treeCall } from './tree-call.ts';

export interface MaterialiseTools {
  objects: VolumeObjects;
  random: Random;
  signal: AbortSignal;
}

/** Fills the open directory `root`, whose entry is `tree`. */
export async function materialise(
  tools: MaterialiseTools,
  root: FileHandle,
  tree: StoredDirectory,
): Promise<void> {
  const times: TimeToSet[] = [];
  await fillDirectory(tools, root, tree, [], times);
  await root.chmod(tree.mode);
  times.push({ path: [], mtimeNs: tree.mtimeNs });
  await setExactTimes(root, times);
}

/** Puts one entry, with everything below it, at a place where there is nothing. */
export async function materialiseEntry(tools: MaterialiseTools, place: Place, entry: Entry): Promise<void> {
  const times: TimeToSet[] = [];
  await put(tools, place, entry, [place.name], times);
  await setExactTimes(place.directory, times);
}

async function fillDirectory(
  tools: MaterialiseTools,
  directory: FileHandle,
  tree: StoredDirectory,
  path: TreePath,
  times: TimeToSet[],
): Promise<void> {
  const entries = await tools.objects.getDirectory(tree.sha256, tools.signal);
  await clearAway(directory, entries);
  const folders: [string, StoredDirectory][] = [];
  const leaves: [string, FileEntry | LinkEntry][] = [];
  for (const [name, entry] of entries)
    if (entry.type === 'directory') folders.push([name, entry]);
    else leaves.push([name, entry]);
  await eachAtMost(limits.storage.filesInFlight, leaves, ([name, entry]) =>
    put(tools, { directory, name }, entry, [...path, name], times),
  );
  for (const [name, entry] of folders) await put(tools, { directory, name }, entry, [...path, name], times);
}

async function clearAway(directory: FileHandle, entries: ReadonlyMap<string, Entry>): Promise<void> {
  for (const name of await namesIn(directory)) {
    if (!entries.has(name)) await removeTree({ directory, name });
  }
}

async function put(
  tools: MaterialiseTools,
  place: Place,
  entry: Entry,
  path: TreePath,
  times: TimeToSet[],
): Promise<void> {
  tools.signal.throwIfAborted();
  const stats = await statOf(place);
  if (entry.type === 'directory') return putDirectory(tools, place, entry, path, stats, times);
  if (stats && isDone(stats, entry)) {
    times.push({ path, mtimeNs: entry.mtimeNs });
    return;
  }
  if (stats) await removeTree(place);
  if (entry.type === 'file') await putFile(tools, place, entry);
  else await putLink(place, entry);
  times.push({ path, mtimeNs: entry.mtimeNs });
}

async function putDirectory(
  tools: MaterialiseTools,
  place: Place,
  entry: StoredDirectory,
  path: TreePath,
  stats: BigIntStats | null,
  times: TimeToSet[],
): Promise<void> {
  if (stats && !stats.isDirectory()) await removeTree(place);
  const fresh = !stats?.isDirectory();
  if (fresh) {
    await treeCall(() => mkdir(at(place), { mode: 0o700 }));
    await giveToSandbox(place);
  }
  const directory = await openDirectory(place);
  try {
    await fillDirectory(tools, directory, entry, path, times);
    await directory.chmod(entry.mode);
  } finally {
    await directory.close();
  }
  times.push({ path, mtimeNs: entry.mtimeNs });
}

/** Writes a stored file under a temporary name and renames it into place. Gives its stat before the rename. */
export async function putFile(tools: MaterialiseTools, place: Place, entry: FileEntry): Promise<void> {
  const temporary = { directory: place.directory, name: temporaryName(tools.random.uuid()) };
  const handle = await createFile(temporary, 0o600);
  try {
    const all = { start: 0, end: entry.size };
    // Zeroes are left out: the file is as sparse as it was, and costs no disk for them.
    for await (const piece of readPieces(tools.objects, entry.content, all, tools.signal))
      if (piece.bytes) await writeAll(handle, piece.bytes, piece.at);
    await handle.truncate(entry.size);
    await giveToSandbox(temporary);
    await handle.chmod(entry.mode);
    const seconds = Number(entry.mtimeNs) / 1e9;
    await handle.utimes(seconds, seconds);
    await treeCall(() => rename(at(temporary), at(place)));
  } catch (error) {
    await removeTree(temporary);
    throw error;
  } finally {
    await handle.close();
  }
}

export async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

async function putLink(place: Place, entry: LinkEntry): Promise<void> {
  await treeCall(() => symlink(nameToBytes(entry.target), at(place)));
  await giveToSandbox(place);
}

/** A file that an earlier attempt finished; its time may still be the nearest double. */
function isDone(stats: BigIntStats, entry: FileEntry | LinkEntry): boolean {
  if (entry.type === 'link' || !stats.isFile()) return false;
  const offNs = stats.mtimeNs - BigInt(entry.mtimeNs);
  return (
    stats.size === BigInt(entry.size) && modeOf(stats) === entry.mode && offNs < 1_000n && offNs > -1_000n
  );
}
