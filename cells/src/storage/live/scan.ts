/**
 * Compares a live directory with its index and gives what changed, as changes to the stored tree and updates
 * of the index to make once they are committed. Runs beside code that writes and beside contents saves: it
 * holds no lock, and its caller drops what was touched meanwhile.
 *
 * A name that is not found is only noted; the next scan that misses it too reports it removed. Deleting a
 * host's directory takes time, and half of it must not become the newest version. `final` (the sandbox is
 * stopped) trusts what it sees, and so gives up where it is not the file that cannot be had but what it comes from:
 * after it nobody looks again.
 */
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { TreePath } from '../file-tree.ts';
import type { LowerTree } from '../lazy/lower-tree.ts';
import type { LinkEntry } from '../tree/entry.ts';
import type { TreeChange } from '../tree/tree-change.ts';
import { linkTarget, namesIn, openDirectory, type Place, statOf } from './beneath.ts';
import { type CaptureTools, captureFile, provenStamp } from './capture-file.ts';
import { errnoOf, orAbsent } from './errno.ts';
import {
  createdOf,
  directoryNode,
  type IndexDirectory,
  type IndexLeaf,
  type IndexNode,
  modeOf,
  sameStamp,
  stampOf,
} from './live-index.ts';
import { isReserved } from './reserved-names.ts';
import { treeCall } from './tree-call.ts';

const { entriesMax, depthMax, fileBytesMax } = limits.storage;

export type SkipReason = 'not_a_file' | 'too_deep' | 'too_many' | 'too_large' | 'unreadable';

export interface Found {
  changes: TreeChange[];
  /** Index updates by path, in order; null forgets the path. */
  updates: { path: TreePath; node: IndexNode | null }[];
  /** What is on the host and cannot be kept. */
  skipped: { path: TreePath; reason: SkipReason }[];
  /** Changed files that are too large to be captured here. */
  large: TreePath[];
  entries: number;
  files: number;
  bytesRead: number;
}

export const nothingFound = (): Found => ({
  changes: [],
  updates: [],
  skipped: [],
  large: [],
  entries: 0,
  files: 0,
  bytesRead: 0,
});

export interface ScanTools extends CaptureTools {
  /** Report a missing name at once. */
  final: boolean;
  /** Only note changed files above this size. */
  largerThan: number;
  /** The stored tree that lies under the directory, where its bytes are fetched as they are read. */
  lower: LowerTree | null;
}

/** Scans one open directory that is at `path`, with everything below it, into `found`. */
export async function scanDirectory(
  tools: ScanTools,
  directory: FileHandle,
  path: TreePath,
  before: IndexDirectory | undefined,
  found: Found,
): Promise<void> {
  tools.signal.throwIfAborted();
  const stats = await treeCall(() => directory.stat({ bigint: true }));
  noteDirectory(tools, stats, path, before, found);
  const seen = new Set<string>();
  for (const name of await namesIn(directory)) {
    if (isReserved(name)) continue;
    seen.add(name);
    const child = before?.children.get(name);
    if (child) child.missing = false;
    await scanName(tools, { directory, name }, [...path, name], child, found);
  }
  for (const [name, child] of before?.children ?? []) {
    if (seen.has(name)) continue;
    if (tools.final || child.missing) remove([...path, name], found);
    child.missing = true;
  }
}

/** Scans one name and what is below it. */
export async function scanName(
  tools: ScanTools,
  place: Place,
  path: TreePath,
  before: IndexNode | undefined,
  found: Found,
): Promise<void> {
  const skip = (reason: SkipReason) => void found.skipped.push({ path, reason });
  if (++found.entries > entriesMax) return skip('too_many');
  try {
    const stats = await statOf(place);
    if (!stats) return;
    if (stats.isDirectory()) {
      if (path.length > depthMax) return skip('too_deep');
      await scanSubdirectory(tools, place, path, before, found);
    } else if (stats.isFile()) {
      found.files++;
      if (stats.size > BigInt(fileBytesMax)) return skip('too_large');
      await scanFile(tools, place, path, stats, before, found);
    } else if (stats.isSymbolicLink()) await scanLink(tools, place, path, stats, before, found);
    else return skip('not_a_file');
  } catch (error) {
    if (errnoOf(error) === null || (tools.final && isCutOff(error, tools))) throw error;
    // It was replaced or removed between two steps, or cannot be read: the next round looks again.
    if (errnoOf(error) !== 'ENOENT') skip('unreadable');
  }
}

/** Of files over a mount that ends, or is given an error for what nobody has heard (fuse-reader.ts). */
const cutOff = new Set(['ENOTCONN', 'ECONNABORTED', 'EIO']);

/** Whether the store failed, or the stored tree under the directory: what was written may be there all the same. */
function isCutOff(error: unknown, { lower }: ScanTools): boolean {
  return error instanceof CellbookError || (lower !== null && cutOff.has(errnoOf(error) ?? ''));
}

async function scanSubdirectory(
  tools: ScanTools,
  place: Place,
  path: TreePath,
  before: IndexNode | undefined,
  found: Found,
): Promise<void> {
  const handle = await openDirectory(place);
  try {
    await scanDirectory(tools, handle, path, before?.type === 'directory' ? before : undefined, found);
  } finally {
    await handle.close();
  }
}

function noteDirectory(
  { lower }: ScanTools,
  stats: BigIntStats,
  path: TreePath,
  before: IndexDirectory | undefined,
  found: Found,
): void {
  // A directory over a stored one has another number each time the kernel has forgotten it.
  const same = before !== undefined && (before.inode === stats.ino || lower !== null);
  if (same && before.mode === modeOf(stats) && before.mtimeNs === stats.mtimeNs) return;
  const createdNs = before && (same || path.length === 0) ? before.createdNs : createdOf(stats);
  const attributes = { mode: modeOf(stats), mtimeNs: String(stats.mtimeNs), createdNs };
  found.changes.push({ kind: 'directory', path: ['files', ...path], attributes });
  found.updates.push({ path, node: directoryNode(stats, createdNs) });
}

async function scanFile(
  tools: ScanTools,
  place: Place,
  path: TreePath,
  stats: BigIntStats,
  before: IndexNode | undefined,
  found: Found,
): Promise<void> {
  const leaf = before?.type === 'leaf' ? before : undefined;
  if (leaf?.entry.type === 'file' && leaf.stamp && sameStamp(leaf.stamp, stampOf(stats))) return;
  const stored = tools.lower?.leafOf(stats);
  if (stored) {
    // Never read here: it may not have come yet, and its content is known.
    set(path, { type: 'leaf', inode: stats.ino, stamp: stampOf(stats), entry: stored }, found);
    return;
  }
  if (Number(stats.size) > tools.largerThan) {
    found.large.push(path);
    return;
  }
  const captured = await captureFile(tools, place, leaf);
  if (!captured) return;
  found.bytesRead += captured.bytes;
  set(path, captured.leaf, found);
}

async function scanLink(
  tools: ScanTools,
  place: Place,
  path: TreePath,
  stats: BigIntStats,
  before: IndexNode | undefined,
  found: Found,
): Promise<void> {
  if (before?.type === 'leaf' && before.stamp && sameStamp(before.stamp, stampOf(stats))) return;
  const stored = tools.lower?.leafOf(stats);
  if (stored) {
    set(path, { type: 'leaf', inode: stats.ino, stamp: stampOf(stats), entry: stored }, found);
    return;
  }
  const target = await orAbsent(linkTarget(place));
  if (target === null) return;
  const entry: LinkEntry = {
    type: 'link',
    mode: modeOf(stats),
    mtimeNs: String(stats.mtimeNs),
    createdNs: createdOf(stats),
    target,
  };
  set(path, { type: 'leaf', inode: stats.ino, stamp: provenStamp(stats, tools.clock.nowMs()), entry }, found);
}

function set(path: TreePath, leaf: IndexLeaf, found: Found): void {
  found.changes.push({ kind: 'set', path: ['files', ...path], entry: leaf.entry });
  found.updates.push({ path, node: leaf });
}

function remove(path: TreePath, found: Found): void {
  found.changes.push({ kind: 'remove', path: ['files', ...path] });
  found.updates.push({ path, node: null });
}
