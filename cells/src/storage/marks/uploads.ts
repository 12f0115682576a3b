/**
 * Uploads in pieces. Each piece is stored and committed as it comes, under its number, so that a piece sent
 * twice is kept once and none is acknowledged and lost; the file appears when the last one is there, whole,
 * and until then whatever had its name is untouched.
 */
import { limits } from '@cellbook/shared/limits.ts';
import type { FileStat, FileTree, TreePath } from '../file-tree.ts';
import { statOf } from '../stored-surface.ts';
import { type Entries, emptyDirectory, type FileEntry, type Run } from '../tree/entry.ts';
import { contentOf, mergeZeroes, noChunks, runsOf, storeBytes } from '../tree/file-content.ts';
import type { TreeChange } from '../tree/tree-change.ts';
import { markPath } from '../tree/volume-root.ts';
import { refuse, writableTarget } from '../volume-tree.ts';
import type { FileVersions } from './file-versions.ts';
import { type MarkTools, nothingStaged } from './mark-tools.ts';

export function uploadsOf({
  surface,
  pointer,
  commit,
  versions,
}: MarkTools & { versions: FileVersions }): Pick<FileTree, 'uploadChunk' | 'finishUpload'> {
  const { objects } = pointer;

  async function piecesOf(path: TreePath): Promise<Entries> {
    const entry = await pointer.entryAt(markPath('upload', path));
    if (entry?.type === 'directory') return objects.getDirectory(entry.sha256);
    throw refuse(
      'bad_request',
      'uploading',
      path,
      'no upload of this file is under way',
      'Start with chunk 1.',
    );
  }

  async function store(bytes: Uint8Array, mode: number): Promise<FileEntry> {
    const nowNs = pointer.nowNs();
    const content = await storeBytes(objects, bytes);
    return { type: 'file', mode, mtimeNs: nowNs, createdNs: nowNs, size: bytes.length, content };
  }

  async function runsInOrder(pieces: readonly FileEntry[]): Promise<Run[]> {
    const runs: Run[] = [];
    for (const piece of pieces) {
      const part = await runsOf(objects, piece.content);
      if (!Buffer.isBuffer(part)) runs.push(...part);
      else if (part.length > 0) runs.push([await objects.putChunk(part, noChunks), part.length]);
    }
    return mergeZeroes(runs);
  }

  return {
    async uploadChunk(path, chunk, bytes) {
      if (!Number.isInteger(chunk) || chunk < 1 || chunk > limits.contents.uploadChunksMax)
        throw refuse('bad_request', 'uploading', path, `${chunk} is no chunk number`);
      const target = await writableTarget(surface, path);
      const before = chunk === 1 ? new Map() : await piecesOf(target.path);
      if (chunk > 1 && !before.has(String(chunk - 1)))
        throw refuse(
          'bad_request',
          'uploading',
          path,
          `chunk ${chunk - 1} is missing`,
          'Send the chunks in order.',
        );
      const place = markPath('upload', target.path);
      const piece = await store(bytes, target.mode);
      const start: TreeChange[] = chunk === 1 ? [await freshUpload(place)] : [];
      await commit(nothingStaged, [...start, { kind: 'set', path: [...place, String(chunk)], entry: piece }]);
      return soFar(piece, await piecesOf(target.path));
    },
    async finishUpload(path, bytes, { version } = {}) {
      const target = await writableTarget(surface, path);
      const pieces = inOrder(await piecesOf(target.path));
      const last = await store(bytes, target.mode);
      const runs = await runsInOrder([...pieces, last]);
      const size = runs.reduce((sum, [, length]) => sum + length, 0);
      const entry: FileEntry = { ...last, size, content: await contentOf(objects, runs) };
      const staged = await surface.place(target.path, entry);
      const kept = version ? await versions.keep(target.path, entry, version) : [];
      await commit(staged, [{ kind: 'remove', path: markPath('upload', target.path) }, ...kept]);
      return statOf(entry);
    },
  };

  async function freshUpload(path: string[]): Promise<TreeChange> {
    const nowNs = pointer.nowNs();
    const entry = emptyDirectory({ mode: 0o700, mtimeNs: nowNs, createdNs: nowNs });
    return { kind: 'set', path, entry };
  }
}

function inOrder(pieces: Entries): FileEntry[] {
  const ordered: FileEntry[] = [];
  for (let chunk = 1; ; chunk++) {
    const piece = pieces.get(String(chunk));
    if (piece?.type !== 'file') return ordered;
    ordered.push(piece);
  }
}

function soFar(piece: FileEntry, pieces: Entries): FileStat {
  const sizeBytes = inOrder(pieces).reduce((sum, { size }) => sum + size, 0);
  return { ...statOf(piece), sizeBytes };
}
