/**
 * What the stored tree says about the live directory, by the stat of each file when it was captured: a file
 * whose inode, size, mtime, ctime and mode are as they were is unchanged and is not read again. Lost with the
 * process; it is then built anew by reading everything once.
 */
import type { BigIntStats } from 'node:fs';
import type { TreePath } from '../file-tree.ts';
import type { FileEntry, LinkEntry } from '../tree/entry.ts';

export interface Stamp {
  inode: bigint;
  size: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
  mode: number;
}

export type IndexNode = IndexLeaf | IndexDirectory;

export interface IndexLeaf {
  type: 'leaf';
  /** Which file it was; 0 where that is not known (a directory taken over after a crash). */
  inode: bigint;
  /** Null when the stat proves nothing (it is too fresh, or the file changed while read): read again. */
  stamp: Stamp | null;
  entry: FileEntry | LinkEntry;
  /** Not found by the last scan; gone when the next one misses it too. */
  missing?: boolean;
}

export interface IndexDirectory {
  type: 'directory';
  inode: bigint;
  mode: number;
  mtimeNs: bigint;
  createdNs: string;
  children: Map<string, IndexNode>;
  missing?: boolean;
}

const permissionBits = 0o7777n;
export const modeOf = (stats: BigIntStats): number => Number(stats.mode & permissionBits);
export const createdOf = (stats: BigIntStats): string =>
  String(stats.birthtimeNs > 0n ? stats.birthtimeNs : stats.ctimeNs);

/** Whether a leaf speaks of this very file, so that the file keeps its time of creation. */
export const isSameFile = (leaf: IndexLeaf, stats: BigIntStats): boolean =>
  leaf.inode === 0n || leaf.inode === stats.ino;

export function stampOf(stats: BigIntStats): Stamp {
  const { ino, size, mtimeNs, ctimeNs } = stats;
  return { inode: ino, size, mtimeNs, ctimeNs, mode: modeOf(stats) };
}

export function sameStamp(a: Stamp, b: Stamp): boolean {
  return (
    a.inode === b.inode &&
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs &&
    a.mode === b.mode
  );
}

export function directoryNode(stats: BigIntStats, createdNs: string): IndexDirectory {
  const { ino, mtimeNs } = stats;
  return { type: 'directory', inode: ino, mode: modeOf(stats), mtimeNs, createdNs, children: new Map() };
}

export function nodeAt(root: IndexDirectory, path: TreePath): IndexNode | undefined {
  let node: IndexNode | undefined = root;
  for (const name of path) {
    if (node?.type !== 'directory') return undefined;
    node = node.children.get(name);
  }
  return node;
}

/** Puts a node at a path whose directory is known; null removes. A directory keeps the children it has. */
export function setNode(root: IndexDirectory, path: TreePath, node: IndexNode | null): void {
  const name = path.at(-1);
  if (name === undefined) {
    if (node?.type === 'directory') Object.assign(root, { ...node, children: root.children });
    return;
  }
  const parent = nodeAt(root, path.slice(0, -1));
  if (parent?.type !== 'directory') return;
  const before = parent.children.get(name);
  if (node === null) parent.children.delete(name);
  else if (node.type === 'directory' && before?.type === 'directory' && node.children.size === 0)
    parent.children.set(name, { ...node, children: before.children });
  else parent.children.set(name, node);
}
