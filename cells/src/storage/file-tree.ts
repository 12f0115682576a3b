/**
 * Files of one workspace as the contents service sees them, whether stored or live. Paths are arrays of
 * names (no `.`/`..`, no empty, no NUL, no slash); a live tree never follows a symlink out of the workspace.
 * A change is acknowledged only when it is durable off the host.
 */
export type TreePath = readonly string[];

export interface FileStat {
  type: 'file' | 'directory';
  /** Bytes; null for a directory. */
  sizeBytes: number | null;
  modifiedMs: number;
  createdMs: number;
  writable: boolean;
}

export interface DirectoryEntry extends FileStat {
  name: string;
}

export interface FileTree {
  stat(path: TreePath): Promise<FileStat | null>;
  list(path: TreePath): Promise<DirectoryEntry[]>;
  read(path: TreePath): Promise<Buffer>;
  /** A byte stream for downloads, with an optional range. */
  open(path: TreePath, range?: { start: number; end: number }): Promise<ReadableStream<Uint8Array>>;
  write(path: TreePath, bytes: Uint8Array): Promise<FileStat>;
  /** Appends; used by chunked uploads, which become visible when complete. */
  append(path: TreePath, bytes: Uint8Array): Promise<FileStat>;
  makeDirectory(path: TreePath): Promise<FileStat>;
  move(from: TreePath, to: TreePath): Promise<void>;
  /** A directory is removed with everything in it. */
  remove(path: TreePath): Promise<void>;
}
