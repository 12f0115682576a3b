/**
 * Where files are now. A stored surface is the manifest alone; a live one is a directory on this host that
 * the manifest follows. `volume-tree.ts` builds the whole FileTree from these few operations.
 *
 * An operation that changes something does it on the surface at once and gives the changes of the stored
 * tree that make it durable; the caller commits them and only then calls `settle`. What fails in between is
 * found again by the live directory's next scan.
 */
import type { DirectoryEntry, FileStat, TreePath } from './file-tree.ts';
import type { Entry, FileEntry } from './tree/entry.ts';
import type { TreeChange } from './tree/tree-change.ts';

export interface Staged {
  changes: TreeChange[];
  /** The commit has happened. */
  settle(): void;
}

/** A path with its links resolved, and what is there now. */
export interface Resolved {
  path: TreePath;
  stat: FileStat | null;
  /** Permission bits of what is there. */
  mode: number | null;
}

export interface Surface {
  resolve(path: TreePath, options?: { keepLink?: boolean }): Promise<Resolved>;
  list(path: TreePath): Promise<DirectoryEntry[]>;
  /** Refuses what is not a regular file. `end` beyond the file is cut. */
  readRange(path: TreePath, range: { start: number; end: number }): Promise<AsyncIterable<Uint8Array>>;
  /**
   * Puts a stored file at a resolved path; `bytes` are its content where they are at hand. One that was there
   * keeps its time of creation.
   */
  place(path: TreePath, entry: FileEntry, bytes?: Uint8Array): Promise<Staged>;
  makeDirectory(path: TreePath): Promise<Staged>;
  move(from: TreePath, to: TreePath): Promise<Staged>;
  remove(path: TreePath): Promise<Staged>;
  /** The stored entry of what is at a path now, captured first where it is live; null when nothing is. */
  capture(path: TreePath): Promise<{ entry: Entry; staged: Staged } | null>;
  /** Puts a copy of a stored entry, with all below it, where there is nothing. */
  copyIn(path: TreePath, entry: Entry): Promise<Staged>;
}
