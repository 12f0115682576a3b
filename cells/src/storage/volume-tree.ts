/**
 * The whole FileTree over a surface (stored or live) and the volume's pointer. Every change ends in one
 * commit and is acknowledged after it. Checkpoints, trust and uploads live in the volume beside the files
 * (volume-root.ts), so one commit moves a file together with what belongs to it.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { FileStat, FileTree, TreePath, WriteOptions } from './file-tree.ts';
import { showPath } from './live/errno.ts';
import { checkpointsOf } from './marks/checkpoints.ts';
import { fileVersionsOf } from './marks/file-versions.ts';
import { trustOf } from './marks/trust.ts';
import { uploadsOf } from './marks/uploads.ts';
import { moveVersions } from './marks/version-entry.ts';
import type { Staged, Surface } from './surface.ts';
import type { FileEntry } from './tree/entry.ts';
import { storeBytes } from './tree/file-content.ts';
import type { TreeChange } from './tree/tree-change.ts';
import { markPathsOf, versionsPath } from './tree/volume-root.ts';
import type { VolumePointer } from './volume-pointer.ts';

export interface VolumeTreeParts {
  surface: Surface;
  pointer: VolumePointer;
  reservation?: string;
}

export function createVolumeTree({ surface, pointer, reservation }: VolumeTreeParts): FileTree {
  async function commit(staged: Staged, extra: readonly TreeChange[] = []): Promise<void> {
    await pointer.commit([...staged.changes, ...extra], 'save', undefined, reservation);
    staged.settle();
  }
  const statNow = async (path: TreePath): Promise<FileStat> => {
    const { stat } = await surface.resolve(path);
    if (!stat) throw refuse('not_found', 'reading', path, 'it was removed meanwhile');
    return stat;
  };

  async function write(path: TreePath, bytes: Uint8Array, options: WriteOptions = {}): Promise<FileStat> {
    const target = await writableTarget(surface, path, options);
    const content = await storeBytes(pointer.objects, bytes);
    const nowNs = pointer.nowNs();
    const mode = target.mode;
    const size = bytes.length;
    const entry: FileEntry = { type: 'file', mode, mtimeNs: nowNs, createdNs: nowNs, size, content };
    const trusting = options.trustAs ? await trust.remember(target.path, options.trustAs) : [];
    const kept = options.version ? await versions.keep(target.path, entry, options.version) : [];
    await commit(await surface.place(target.path, entry, bytes), [...trusting, ...kept]);
    return statNow(path);
  }

  async function statOrNull(path: TreePath): Promise<FileStat | null> {
    try {
      return (await surface.resolve(path)).stat;
    } catch (error) {
      if (error instanceof CellbookError && error.code === 'not_found') return null;
      throw error;
    }
  }

  const trust = trustOf(pointer);
  const versions = fileVersionsOf(pointer);
  return {
    stat: statOrNull,
    list: (path) => surface.list(path),
    read: (path) => readWhole(surface, path),
    async open(path, range = { start: 0, end: Number.MAX_SAFE_INTEGER }) {
      return ReadableStream.from(await surface.readRange(path, range));
    },
    write,
    async update(path, change, options = {}) {
      const { stat } = await surface.resolve(path);
      const bytes = change(stat ? await readWhole(surface, path) : null);
      return bytes ? write(path, bytes, options) : stat;
    },
    async makeDirectory(path) {
      const { path: real } = await absentTarget(surface, path);
      await commit(await surface.makeDirectory(real));
      return statNow(real);
    },
    async copy(from, to) {
      const { path: source } = await surface.resolve(from);
      const captured = await surface.capture(source);
      if (!captured) throw refuse('not_found', 'copying', from, 'there is no such file or directory');
      if (startsWith(to, source))
        throw refuse('bad_request', 'copying', from, 'it cannot be copied into itself');
      await commit(captured.staged);
      await makeParents(to);
      const { path: target } = await absentTarget(surface, to);
      const fresh = { ...captured.entry, mtimeNs: pointer.nowNs(), createdNs: pointer.nowNs() };
      await commit(await surface.copyIn(target, fresh));
      return statNow(target);
    },
    async move(from, to) {
      const source = await surface.resolve(from, { keepLink: true });
      const target = await absentTarget(surface, to);
      if (startsWith(target.path, source.path))
        throw refuse('bad_request', 'moving', from, 'it cannot be moved into itself');
      const staged = await surface.move(source.path, target.path);
      const marks = await moveMarks(source.path, target.path);
      await commit(staged, [...marks, ...(await moveVersions(pointer, source.path, target.path))]);
    },
    async remove(path) {
      if (path.length === 0) throw refuse('bad_request', 'removing', path, 'the root cannot be removed');
      const { path: real } = await surface.resolve(path, { keepLink: true });
      const marks = markPathsOf(real).map((at): TreeChange => ({ kind: 'remove', path: at }));
      await commit(await surface.remove(real), marks);
    },
    ...checkpointsOf({ surface, pointer, commit }),
    ...uploadsOf({ surface, pointer, commit, versions }),
    listVersions: async (path) => versions.list(await placeOf(path)),
    async readVersion(path, id) {
      const entry = await versions.find(await placeOf(path), id);
      if (!entry) throw refuse('not_found', 'reading a version of', path, `there is no version ${id}`);
      if (entry.size > limits.contents.readBytesMax)
        throw refuse('too_large', 'reading a version of', path, 'it is too large for one answer');
      const parts: Buffer[] = [];
      for await (const part of versions.read(entry)) parts.push(part);
      return Buffer.concat(parts);
    },
    async forgetVersions(path) {
      const place = await placeOf(path);
      const places = [versionsPath(place, 'file'), versionsPath(place, 'folder')];
      await pointer.commit(
        places.map((at): TreeChange => ({ kind: 'remove', path: at })),
        'save',
      );
    },
    isTrusted: async (path, digest) => trust.isTrusted((await surface.resolve(path)).path, digest),
    async trust(path, digest) {
      const { path: real } = await surface.resolve(path);
      await pointer.commit(await trust.remember(real, digest), 'save');
    },
  };

  /** Through links where there is something; where nothing is left, not even the folder, as it is named. */
  async function placeOf(path: TreePath): Promise<TreePath> {
    try {
      return (await surface.resolve(path)).path;
    } catch (error) {
      if (error instanceof CellbookError && error.code === 'not_found') return path;
      throw error;
    }
  }

  async function makeParents(path: TreePath): Promise<void> {
    for (let depth = 1; depth < path.length; depth++) {
      const { stat, path: real } = await surface.resolve(path.slice(0, depth));
      if (!stat) await commit(await surface.makeDirectory(real));
    }
  }

  async function moveMarks(from: TreePath, to: TreePath): Promise<TreeChange[]> {
    const changes: TreeChange[] = [];
    const targets = markPathsOf(to);
    for (const [at, path] of markPathsOf(from).entries()) {
      const entry = await pointer.entryAt(path);
      if (!entry) continue;
      changes.push({ kind: 'remove', path }, { kind: 'set', path: targets[at] ?? path, entry });
    }
    return changes;
  }
}

const newFileMode = 0o644;

/** Where a write goes, through links, and with which mode. Refuses directories, read-only files, no parent. */
export async function writableTarget(
  surface: Surface,
  path: TreePath,
  { ifAbsent = false }: WriteOptions = {},
): Promise<{ path: TreePath; mode: number }> {
  const { path: real, stat, mode } = await surface.resolve(path);
  if (stat && ifAbsent) throw refuse('already_exists', 'writing', path, 'there is something there already');
  if (stat?.type === 'directory') throw refuse('bad_request', 'writing', path, 'it is a directory');
  if (stat && !stat.writable) throw refuse('forbidden', 'writing', path, 'permission denied');
  if (!stat) await needParent(surface, real);
  return { path: real, mode: mode ?? newFileMode };
}

async function absentTarget(surface: Surface, path: TreePath): Promise<{ path: TreePath }> {
  const found = await surface.resolve(path, { keepLink: true });
  if (found.stat) throw refuse('already_exists', 'making', path, 'there is something of that name already');
  await needParent(surface, found.path);
  return found;
}

async function needParent(surface: Surface, path: TreePath): Promise<void> {
  const { stat } = await surface.resolve(path.slice(0, -1));
  if (stat?.type === 'directory') return;
  throw refuse('not_found', 'writing', path, 'there is no such parent directory');
}

async function readWhole(surface: Surface, path: TreePath): Promise<Buffer> {
  const { stat } = await surface.resolve(path);
  if (stat && (stat.sizeBytes ?? 0) > limits.contents.readBytesMax)
    throw refuse('too_large', 'reading', path, 'it is too large for one answer', 'Download it instead.');
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of await surface.readRange(path, {
    start: 0,
    end: limits.contents.readBytesMax + 1,
  })) {
    parts.push(part);
    size += part.length;
    // It may have grown since it was looked at.
    if (size > limits.contents.readBytesMax)
      throw refuse('too_large', 'reading', path, 'it is too large for one answer', 'Download it instead.');
  }
  return Buffer.concat(parts);
}

function startsWith(path: TreePath, prefix: TreePath): boolean {
  return prefix.every((name, at) => path[at] === name);
}

export function refuse(
  code: 'not_found' | 'already_exists' | 'bad_request' | 'forbidden' | 'too_large',
  doing: string,
  path: TreePath,
  problem: string,
  next?: string,
): CellbookError {
  const details = { doing: `${doing} ${showPath(path)}`, problem };
  return new CellbookError(code, next === undefined ? details : { ...details, next });
}
