/**
 * The top of a volume: four directories. `files` is what the user sees. `marks` mirrors its folders and
 * keeps what belongs to a file but not in the tree: checkpoints (`c:name`), trust (`t:name`), deeper folders
 * (`d:name`). `uploads` holds the chunks of uploads under way (`u:name`). `versions` mirrors the folders
 * too and keeps what a file was (`v:name`, file-versions.ts); it outlives the file, so that a removed one can be
 * brought back. Because all are one tree, a save and its version are one commit, a rename moves a file with
 * its checkpoints and versions, and what no version needs any more is found by one walk.
 */

import type { TreePath } from '../file-tree.ts';
import type { Attributes, StoredDirectory } from './entry.ts';
import { emptyDirectory } from './entry.ts';
import type { TreeChange } from './tree-change.ts';
import type { VolumeObjects } from './volume-objects.ts';

export type Area = 'files' | 'marks' | 'uploads' | 'versions';
export type MarkKind = 'checkpoint' | 'trust' | 'upload';

const letterOf: Record<MarkKind, string> = { checkpoint: 'c', trust: 't', upload: 'u' };

/** Where the mark of a file lies within its area. */
export function markPath(kind: MarkKind, path: TreePath): string[] {
  const name = path.at(-1) ?? '';
  return [areaOf(kind), ...path.slice(0, -1).map((part) => `d:${part}`), `${letterOf[kind]}:${name}`];
}

const areaOf = (kind: MarkKind): Area => (kind === 'upload' ? 'uploads' : 'marks');

/** Everywhere that marks of a path or of what lies below it are kept. */
export function markPathsOf(path: TreePath): string[][] {
  const folders = path.slice(0, -1).map((part) => `d:${part}`);
  const name = path.at(-1) ?? '';
  return ['c', 't', 'd'].map((letter) => ['marks', ...folders, `${letter}:${name}`]);
}

/** Where the versions of a file are kept, or with `folder` those of everything below a folder. */
export function versionsPath(path: TreePath, kind: 'file' | 'folder' = 'file'): string[] {
  const name = path.at(-1) ?? '';
  const folders = path.slice(0, -1).map((part) => `d:${part}`);
  return ['versions', ...folders, `${kind === 'file' ? 'v' : 'd'}:${name}`];
}

/** Whether a name in a folder of versions is a file's place, and not a deeper folder. */
export const isFileOfVersions = (name: string): boolean => name.startsWith('v:');

/** In a file's place of versions: since when the file is missing (marks/prune-versions.ts). */
export const goneName = 'gone';

export const filesPath = (path: TreePath): string[] => ['files', ...path];

/** The attributes of a volume's own folders: nobody sees them. */
const plain: Attributes = { mode: 0o755, mtimeNs: '0', createdNs: '0' };

/** The root directory that a manifest points at, as an entry. */
export const rootDirectory = (sha256: string | null): StoredDirectory => ({
  ...emptyDirectory(plain),
  sha256,
});

/** The directory object of one of the four, or null. */
export async function areaRoot(
  objects: VolumeObjects,
  root: string | null,
  area: Area,
): Promise<string | null> {
  const entry = (await objects.getDirectory(root)).get(area);
  return entry?.type === 'directory' ? entry.sha256 : null;
}

export async function filesRoot(objects: VolumeObjects, root: string | null): Promise<StoredDirectory> {
  const entry = (await objects.getDirectory(root)).get('files');
  return entry?.type === 'directory' ? entry : emptyDirectory(plain);
}

/** What a new volume starts with: an empty home with honest times. */
export const newHome = (nowNs: string): TreeChange => ({
  kind: 'directory',
  path: ['files'],
  attributes: { mode: 0o755, mtimeNs: nowNs, createdNs: nowNs },
});
