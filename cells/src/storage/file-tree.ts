/**
 * Files of one workspace as the contents service sees them, whether stored or live. Paths are arrays of
 * names (no `.`/`..`, no empty, no NUL, no slash); a live tree never follows a symlink out of the workspace.
 * A change is acknowledged only when it is durable off the host. Changes of one workspace happen one at a
 * time; each refuses with a typed error (`not_found`, `already_exists`, `path_refused`, `volume_full`,
 * `store_unavailable`, …) and then has changed nothing that was acknowledged.
 */
export type TreePath = readonly string[];

export interface FileStat {
  type: 'file' | 'directory';
  /** Bytes; null for a directory. */
  sizeBytes: number | null;
  /** Milliseconds with their fraction, to the microsecond. */
  modifiedMs: number;
  createdMs: number;
  writable: boolean;
}

export interface DirectoryEntry extends FileStat {
  name: string;
}

/** A save that is to be kept as a version: whose it is, and what is kept of its kind. */
export interface VersionMark {
  /** A user's id, or null when the platform itself writes. */
  author: string | null;
  keep: VersionPlan;
  /** Refuse to save rather than save without the version, where there is room for the file alone. */
  isNeeded?: boolean;
}

export interface VersionPlan {
  /** The newest saves, every one of them while they fit. */
  recent: number;
  /** Of what falls out of those, the last of each day for this long. */
  dailyMs: number;
}

export interface FileVersion {
  /** Unique for the file, and later ones sort after earlier ones. */
  id: string;
  savedMs: number;
  author: string | null;
  sizeBytes: number;
}

export interface WriteOptions {
  /** Keep these bytes as a version of the file, in the same commit. */
  version?: VersionMark;
  /** Refuse with `already_exists` when there is anything at the path. */
  ifAbsent?: boolean;
  /** Remember these bytes as a trusted version of the notebook (see `isTrusted`), in the same commit. */
  trustAs?: string;
}

export interface Checkpoint {
  id: string;
  modifiedMs: number;
}

/** What only a live directory can answer; versions are read from what is stored. */
export type LiveFileTree = Omit<FileTree, 'listVersions' | 'readVersion'>;

export interface FileTree {
  stat(path: TreePath): Promise<FileStat | null>;
  /** Names that are not UTF-8 are left out: no client could ask for them. */
  list(path: TreePath): Promise<DirectoryEntry[]>;
  /** The whole file; one above limits.contents.readBytesMax is `too_large`. */
  read(path: TreePath): Promise<Buffer>;
  /** A byte stream for downloads, with an optional range [start, end). */
  open(path: TreePath, range?: { start: number; end: number }): Promise<ReadableStream<Uint8Array>>;

  write(path: TreePath, bytes: Uint8Array, options?: WriteOptions): Promise<FileStat>;
  /**
   * Read, change and write one file with nothing of this workspace in between. `change` gets null when there
   * is no file, and gives null to leave it as it is.
   */
  update(
    path: TreePath,
    change: (bytes: Buffer | null) => Uint8Array | null,
    options?: Pick<WriteOptions, 'version'>,
  ): Promise<FileStat | null>;
  makeDirectory(path: TreePath): Promise<FileStat>;
  /** A file or a directory with everything in it, to a path where there is nothing; makes missing parents. */
  copy(from: TreePath, to: TreePath): Promise<FileStat>;
  /** Never replaces; checkpoints and trust go along. */
  move(from: TreePath, to: TreePath): Promise<void>;
  /** A directory is removed with everything in it. */
  remove(path: TreePath): Promise<void>;

  /** Keeps one piece of an upload (1, 2, …); 1 starts over. Gives the bytes kept so far. */
  uploadChunk(path: TreePath, chunk: number, bytes: Uint8Array): Promise<FileStat>;
  /** Adds the last piece; only now the file is there, whole. */
  finishUpload(path: TreePath, bytes: Uint8Array, options?: Pick<WriteOptions, 'version'>): Promise<FileStat>;

  /** One per file, as in jupyter_server; kept beside the tree, not in it. */
  createCheckpoint(path: TreePath): Promise<Checkpoint>;
  listCheckpoints(path: TreePath): Promise<Checkpoint[]>;
  restoreCheckpoint(path: TreePath, id: string): Promise<void>;
  removeCheckpoint(path: TreePath, id: string): Promise<void>;

  /** What was saved at this path, newest first; also of a file that is no more. */
  listVersions(path: TreePath): Promise<FileVersion[]>;
  /** The bytes of one; above limits.contents.readBytesMax it is `too_large`. */
  readVersion(path: TreePath, id: string): Promise<Buffer>;
  /** Those of a file, or of everything below a folder, also of what is no more. The files stay. */
  forgetVersions(path: TreePath): Promise<void>;

  /** Whether this digest was remembered as a version of the notebook that its owner trusts. */
  isTrusted(path: TreePath, digest: string): Promise<boolean>;
  trust(path: TreePath, digest: string): Promise<void>;
}
