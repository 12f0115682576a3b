/**
 * A look at a live environment that reads no file: `state` changes with anything that anybody does to it, `looks` is
 * the same wherever and whenever the same layer is attached, so that one just attached is known without reading it.
 */
import { createHash, type Hash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { limits } from '@cellbook/shared/limits.ts';
import type { TreePath } from '../storage/file-tree.ts';
import { namesIn, openDirectory, statOf } from '../storage/live/beneath.ts';
import { errnoOf } from '../storage/live/errno.ts';
import { modeOf } from '../storage/live/live-index.ts';
import { hasLayerTime, layerTimeNs } from './compiled.ts';
import type { DirectoryNode, TreeNode } from './tree-node.ts';

export interface Survey {
  state: string;
  looks: string;
  /** The latest change of anything in it, by the file system's own clock. */
  newestNs: bigint;
  /** What is no directory. Folders alone are nothing installed. */
  leaves: number;
}

/** Nothing is there, or something that is no directory. */
export const nothingThere: Survey = { state: 'nothing', looks: looksOfNothing(), newestNs: 0n, leaves: 0 };

const statsAtOnce = limits.storage.filesInFlight;

export async function survey(root: FileHandle, signal: AbortSignal): Promise<Survey> {
  const hashes = { state: createHash('sha256'), looks: createHash('sha256') };
  const seen: Seen = { ...hashes, newestNs: 0n, entries: 0, leaves: 0 };
  await visit(seen, root, [], signal);
  const { newestNs, leaves } = seen;
  return { state: hashes.state.digest('hex'), looks: hashes.looks.digest('hex'), newestNs, leaves };
}

/** What a look finds where this tree has been attached. */
export function looksOf(tree: DirectoryNode): string {
  const looks = createHash('sha256');
  const visitNode = ({ children }: DirectoryNode, path: TreePath): void => {
    const names = [...children.keys()].sort();
    for (const name of names) {
      const child = children.get(name);
      if (child) looks.update(`${lineOf([...path, name], shapeOf(name, child))}\n`);
    }
    for (const name of names) {
      const child = children.get(name);
      if (child?.type === 'directory') visitNode(child, [...path, name]);
    }
  };
  visitNode(tree, []);
  return looks.digest('hex');
}

function looksOfNothing(): string {
  return createHash('sha256').digest('hex');
}

interface Seen {
  state: Hash;
  looks: Hash;
  newestNs: bigint;
  entries: number;
  leaves: number;
}

async function visit(seen: Seen, directory: FileHandle, path: TreePath, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const names = (await namesIn(directory)).sort();
  const folders: string[] = [];
  for (let at = 0; at < names.length; at += statsAtOnce) {
    const some = names.slice(at, at + statsAtOnce);
    const stats = await Promise.all(some.map((name) => statOf({ directory, name })));
    for (const [index, name] of some.entries()) {
      const found = stats[index];
      if (!found) continue;
      note(seen, [...path, name], found);
      if (found.isDirectory()) folders.push(name);
    }
  }
  if (path.length >= limits.storage.depthMax || seen.entries > limits.storage.entriesMax) return;
  for (const name of folders) await visitFolder(seen, directory, [...path, name], signal);
}

async function visitFolder(
  seen: Seen,
  directory: FileHandle,
  path: TreePath,
  signal: AbortSignal,
): Promise<void> {
  try {
    const handle = await openDirectory({ directory, name: path.at(-1) ?? '' });
    await visit(seen, handle, path, signal).finally(() => handle.close());
  } catch (error) {
    // Code removed it, or put something else there, between two steps: the next look differs.
    if (errnoOf(error) === null) throw error;
  }
}

function note(seen: Seen, path: TreePath, stats: BigIntStats): void {
  seen.entries++;
  if (!stats.isDirectory()) seen.leaves++;
  if (stats.ctimeNs > seen.newestNs) seen.newestNs = stats.ctimeNs;
  const { mode, size, mtimeNs, ctimeNs } = stats;
  // An overlay may give a directory another one each time.
  const ino = stats.isDirectory() ? 0n : stats.ino;
  seen.state.update(`${JSON.stringify(path)} ${ino} ${mode} ${size} ${mtimeNs} ${ctimeNs}\n`);
  const type = stats.isDirectory() ? 'directory' : stats.isFile() ? 'file' : 'other';
  seen.looks.update(`${lineOf(path, { type, mode: modeOf(stats), size, mtimeNs })}\n`);
}

interface Shape {
  type: 'directory' | 'file' | 'other';
  mode: number;
  size: bigint;
  mtimeNs: bigint;
}

/** Times and sizes of directories and links are the file system's own affair. */
function lineOf(path: TreePath, { type, mode, size, mtimeNs }: Shape): string {
  const where = JSON.stringify(path);
  return type === 'file' ? `${where} ${mode} ${size} ${mtimeNs}` : `${where} ${mode} ${type}`;
}

function shapeOf(name: string, node: TreeNode): Shape {
  if (node.type === 'directory') return { type: 'directory', mode: node.mode, size: 0n, mtimeNs: 0n };
  if (node.type === 'link') return { type: 'other', mode: node.entry.mode, size: 0n, mtimeNs: 0n };
  const { mode } = node.entry;
  const mtimeNs = hasLayerTime(name) ? BigInt(layerTimeNs) : node.mtimeNs;
  return { type: 'file', mode, size: node.size, mtimeNs };
}
