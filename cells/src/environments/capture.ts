/**
 * A live environment into the store, while code may be changing it. Names are opened one step at a time and no link
 * is followed, as everywhere in a live directory. What is proven unchanged is not read again; the rest is read, and
 * stored as chunks that are there once for the whole organisation. What comes out is a tree in memory; layer.ts makes
 * a layer of it.
 */
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { linkTarget, namesIn, openDirectory, type Place, statOf } from '../storage/live/beneath.ts';
import { type CaptureTools, captureFile } from '../storage/live/capture-file.ts';
import { errnoOf, orAbsent } from '../storage/live/errno.ts';
import { type IndexLeaf, modeOf, stampOf } from '../storage/live/live-index.ts';
import type { StoredLeaf } from '../storage/live/live-volume.ts';
import { treeCall } from '../storage/live/tree-call.ts';
import { createContentWriter, noChunks, readRange } from '../storage/tree/file-content.ts';
import { layerTimeNs, nameLayerTime, type Source, sourceNameOf } from './compiled.ts';
import { type DirectoryNode, type FileNode, isUnchanged, type TreeNode } from './tree-node.ts';

const { entriesMax, depthMax, fileBytesMax } = limits.storage;

export interface EnvironmentTools extends Pick<CaptureTools, 'objects' | 'clock' | 'signal'> {
  /** Files that were moved here as they are stored, whose bytes may not have come: reading them waits for ourselves. */
  storedAs(stats: BigIntStats): StoredLeaf | null;
}

export async function captureEnvironment(
  tools: EnvironmentTools,
  root: FileHandle,
  before: DirectoryNode | null,
): Promise<DirectoryNode> {
  const walk: Walk = { ...tools, entries: 0 };
  return captureDirectory(walk, root, before ?? undefined, 0, noSources);
}

interface Walk extends EnvironmentTools {
  entries: number;
}

/** The sources that a folder of compiled modules may have been compiled from, and whether each is as it was. */
type Sources = ReadonlyMap<string, Source & { unchanged: boolean }>;
const noSources: Sources = new Map();

async function captureDirectory(
  walk: Walk,
  directory: FileHandle,
  before: DirectoryNode | undefined,
  depth: number,
  sources: Sources,
): Promise<DirectoryNode> {
  walk.signal.throwIfAborted();
  const children = new Map<string, TreeNode>();
  const own = new Map<string, Source & { unchanged: boolean }>();
  const folders: string[] = [];
  for (const name of (await namesIn(directory)).sort()) {
    if (++walk.entries > entriesMax) throw tooLarge(`more than ${entriesMax} files`);
    const place = { directory, name };
    const stats = await statOf(place);
    if (!stats) continue;
    const known = before?.children.get(name);
    if (stats.isDirectory()) folders.push(name);
    else if (stats.isSymbolicLink()) await captureLink(children, place, stats);
    else if (stats.isFile()) {
      const node = await captureOne(walk, place, stats, known, sources);
      if (!node) continue;
      children.set(name, node);
      own.set(name, { size: node.size, mtimeNs: node.mtimeNs, unchanged: node === known });
    }
  }
  if (depth >= depthMax && folders.length > 0) throw tooLarge(`folders deeper than ${depthMax}`);
  for (const name of folders) {
    const known = before?.children.get(name);
    const child = await within(directory, name, (handle) =>
      captureDirectory(
        walk,
        handle,
        known?.type === 'directory' ? known : undefined,
        depth + 1,
        name === '__pycache__' ? own : noSources,
      ),
    );
    if (child) children.set(name, child);
  }
  return {
    type: 'directory',
    mode: modeOf(await treeCall(() => directory.stat({ bigint: true }))),
    children,
  };
}

/** Null where code took it away, or put something else there, between two steps. */
async function within<T>(
  directory: FileHandle,
  name: string,
  work: (handle: FileHandle) => Promise<T>,
): Promise<T | null> {
  const handle = await openDirectory({ directory, name }).catch((error: unknown) => {
    if (errnoOf(error) === null || errnoOf(error) === 'EMFILE') throw error;
    return null;
  });
  return handle && work(handle).finally(() => handle.close());
}

async function captureOne(
  walk: Walk,
  place: Place,
  stats: BigIntStats,
  known: TreeNode | undefined,
  sources: Sources,
): Promise<FileNode | null> {
  if (stats.size > BigInt(fileBytesMax)) throw tooLarge(`a file of ${stats.size} bytes`);
  const sourceName = sourceNameOf(place.name);
  const source = sourceName === null ? undefined : sources.get(sourceName);
  // What is written of a compiled module depends on its source too.
  const isSettled = source === undefined || source.unchanged;
  if (known?.type === 'file' && isSettled && isUnchanged(known, stats)) return known;
  const rewrite = (head: Buffer) => nameLayerTime(head, source);
  const captured = await contentOf(walk, place, stats, rewrite);
  if (captured?.entry.type !== 'file') return null;
  const { entry, stamp } = captured;
  return {
    type: 'file',
    proof: stamp ? { by: 'stamp', stamp } : { by: 'nothing' },
    mtimeNs: BigInt(entry.mtimeNs),
    size: BigInt(entry.size),
    entry: { ...entry, mtimeNs: layerTimeNs, createdNs: layerTimeNs },
  };
}

async function contentOf(
  { objects, clock, signal, storedAs }: Walk,
  place: Place,
  stats: BigIntStats,
  rewrite: (head: Buffer) => void,
): Promise<Pick<IndexLeaf, 'entry' | 'stamp'> | null> {
  const stored = storedAs(stats);
  if (stored?.entry.type !== 'file')
    return (await orAbsent(captureFile({ objects, clock, signal, rewrite }, place, undefined)))?.leaf ?? null;
  const { entry } = stored;
  const writer = createContentWriter(objects, noChunks, signal);
  let isHead = true;
  for await (const bytes of readRange(stored.objects, entry, { start: 0, end: entry.size }, signal)) {
    const chunk = isHead ? Buffer.from(bytes) : bytes;
    if (isHead) rewrite(chunk);
    isHead = false;
    await writer.add(chunk);
  }
  return { entry: { ...entry, content: await writer.finish() }, stamp: stampOf(stats) };
}

async function captureLink(children: Map<string, TreeNode>, place: Place, stats: BigIntStats): Promise<void> {
  const target = await orAbsent(linkTarget(place));
  if (target === null) return;
  const times = { mtimeNs: layerTimeNs, createdNs: layerTimeNs };
  children.set(place.name, { type: 'link', entry: { type: 'link', mode: modeOf(stats), ...times, target } });
}

const tooLarge = (problem: string): CellbookError =>
  new CellbookError('too_large', {
    doing: 'storing the installed packages',
    problem: `there is ${problem} among them`,
    next: 'Uninstall what is not needed, or reset the environment.',
  });
