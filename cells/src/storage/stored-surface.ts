/** A volume that is not live: its files are read from and changed in the manifest's tree alone. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { homePath } from '../sandbox/driver.ts';
import type { DirectoryEntry, FileStat, TreePath } from './file-tree.ts';
import { showPath } from './live/errno.ts';
import { isReserved } from './live/reserved-names.ts';
import type { Staged, Surface } from './surface.ts';
import { type Entry, emptyDirectory } from './tree/entry.ts';
import { readRange } from './tree/file-content.ts';
import { isPlainName } from './tree/name.ts';
import type { TreeChange } from './tree/tree-change.ts';
import { filesPath } from './tree/volume-root.ts';
import type { VolumePointer } from './volume-pointer.ts';

export function createStoredSurface(pointer: VolumePointer): Surface {
  const { objects } = pointer;
  const entryAt = (path: TreePath) => pointer.entryAt(filesPath(path));

  async function find(
    path: TreePath,
    keepLink = false,
  ): Promise<{ path: TreePath; entry: Entry | undefined }> {
    let rest = [...path];
    let here: string[] = [];
    for (let hops = 0; ; ) {
      const name = rest.shift();
      if (name === undefined) return { path: here, entry: await entryAt(here) };
      if (name === '' || name === '.') continue;
      if (name === '..') {
        if (here.pop() === undefined) throw refusal(path, 'a symbolic link leads out of the workspace');
        continue;
      }
      const entry = await entryAt([...here, name]);
      if (entry?.type === 'link' && !(keepLink && rest.length === 0)) {
        if (++hops > limits.storage.symlinkHopsMax) throw refusal(path, 'too many symbolic links');
        if (entry.target.startsWith('/')) here = [];
        rest = [...targetNames(path, entry.target), ...rest];
        continue;
      }
      if (rest.length > 0 && entry?.type !== 'directory') throw missing(path);
      here = [...here, name];
    }
  }

  /** The parent's own time moves when a name comes or goes, as a file system does it. */
  async function touchParent(path: TreePath): Promise<TreeChange[]> {
    const parent = path.slice(0, -1);
    const entry = await entryAt(parent);
    const nowNs = pointer.nowNs();
    const { mode, createdNs } = entry ?? { mode: 0o755, createdNs: nowNs };
    return [{ kind: 'directory', path: filesPath(parent), attributes: { mode, createdNs, mtimeNs: nowNs } }];
  }

  const staged = async (path: TreePath, change: TreeChange, moved = true): Promise<Staged> => ({
    changes: [...(moved ? await touchParent(path) : []), change],
    settle: () => {},
  });

  return {
    async resolve(path, options) {
      const found = await find(path, options?.keepLink);
      const { path: real, entry } = found;
      return { path: real, stat: entry ? statOf(entry) : null, mode: entry?.mode ?? null };
    },
    async list(path) {
      const { entry } = await find(path);
      if (entry?.type !== 'directory') throw missing(path);
      const names = await objects.getDirectory(entry.sha256);
      const listed: DirectoryEntry[] = [];
      for (const [name, child] of names) {
        if (!isPlainName(name) || isReserved(name)) continue;
        const target =
          child.type === 'link' ? await find([...path, name]).catch(() => null) : { entry: child };
        if (target?.entry) listed.push({ name, ...statOf(target.entry) });
      }
      return listed;
    },
    async readRange(path, range) {
      const { entry } = await find(path);
      if (!entry) throw missing(path);
      if (entry.type !== 'file') throw notAFile(path);
      return readRange(objects, entry, { start: range.start, end: Math.min(range.end, entry.size) });
    },
    async place(path, entry) {
      const before = await entryAt(path);
      const placed = before ? { ...entry, createdNs: before.createdNs } : entry;
      return staged(path, { kind: 'set', path: filesPath(path), entry: placed }, !before);
    },
    makeDirectory(path) {
      const nowNs = pointer.nowNs();
      const entry = emptyDirectory({ mode: 0o755, mtimeNs: nowNs, createdNs: nowNs });
      return staged(path, { kind: 'set', path: filesPath(path), entry });
    },
    async move(from, to) {
      const entry = await entryAt(from);
      if (!entry) throw missing(from);
      const there = await staged(to, { kind: 'set', path: filesPath(to), entry });
      const away = await staged(from, { kind: 'remove', path: filesPath(from) });
      return { ...there, changes: [...there.changes, ...away.changes] };
    },
    async remove(path) {
      if (!(await entryAt(path))) throw missing(path);
      return staged(path, { kind: 'remove', path: filesPath(path) });
    },
    async capture(path) {
      const entry = await entryAt(path);
      return entry ? { entry, staged: { changes: [], settle: () => {} } } : null;
    },
    copyIn: (path, entry) => staged(path, { kind: 'set', path: filesPath(path), entry }),
  };
}

const ownerMayWrite = 0o200;

export function statOf(entry: Entry): FileStat {
  return {
    type: entry.type === 'directory' ? 'directory' : 'file',
    sizeBytes: entry.type === 'file' ? entry.size : null,
    modifiedMs: milliseconds(entry.mtimeNs),
    createdMs: milliseconds(entry.createdNs),
    writable: (entry.mode & ownerMayWrite) !== 0,
  };
}

/** Nanoseconds to milliseconds with microseconds as their fraction, which a double holds exactly enough. */
export const milliseconds = (nanoseconds: string | bigint): number =>
  Number(BigInt(nanoseconds) / 1_000n) / 1_000;

function targetNames(path: TreePath, target: string): string[] {
  if (!target.startsWith('/')) return target.split('/');
  if (target !== homePath && !target.startsWith(`${homePath}/`))
    throw refusal(path, 'a symbolic link leads out of the workspace');
  return target.slice(homePath.length).split('/');
}

const refusal = (path: TreePath, problem: string) =>
  new CellbookError('path_refused', { doing: `opening ${showPath(path)}`, problem });
const missing = (path: TreePath) =>
  new CellbookError('not_found', {
    doing: `opening ${showPath(path)}`,
    problem: 'there is no such file or directory',
  });
const notAFile = (path: TreePath) =>
  new CellbookError('bad_request', {
    doing: `reading ${showPath(path)}`,
    problem: 'it is not a regular file',
  });
