import type { FileHandle } from 'node:fs/promises';
import { treeName } from '../lazy/lazy-mount.ts';
import { inodeOf, type LowerNode, type LowerTree, stampOfStored } from '../lazy/lower-tree.ts';
import type { StoredDirectory } from '../tree/entry.ts';
import type { VolumeObjects } from '../tree/volume-objects.ts';
import { openDirectory, statOf } from './beneath.ts';
import { type IndexDirectory, modeOf, stampOf } from './live-index.ts';

/**
 * The index of a directory that has just been made to hold `tree`: every stat now, against its entry. Only
 * right while nothing else writes.
 */
export async function indexOf(
  objects: VolumeObjects,
  directory: FileHandle,
  tree: StoredDirectory,
): Promise<IndexDirectory> {
  const stats = await directory.stat({ bigint: true });
  const { mtimeNs, ino } = stats;
  const children: IndexDirectory['children'] = new Map();
  const { createdNs } = tree;
  for (const [name, entry] of await objects.getDirectory(tree.sha256)) {
    const place = { directory, name };
    if (entry.type === 'directory') {
      const handle = await openDirectory(place);
      children.set(name, await indexOf(objects, handle, entry).finally(() => handle.close()));
      continue;
    }
    const found = await statOf(place);
    if (found) children.set(name, { type: 'leaf', inode: found.ino, stamp: stampOf(found), entry });
  }
  return { type: 'directory', inode: ino, mode: modeOf(stats), mtimeNs, createdNs, children };
}

/** The index of a directory that was found: what is stored, with nothing proven, so that all is read again. */
export async function unprovenIndex(objects: VolumeObjects, tree: StoredDirectory): Promise<IndexDirectory> {
  const children: IndexDirectory['children'] = new Map();
  for (const [name, entry] of await objects.getDirectory(tree.sha256))
    children.set(
      name,
      entry.type === 'directory'
        ? await unprovenIndex(objects, entry)
        : { type: 'leaf', inode: 0n, stamp: null, entry },
    );
  const { createdNs, mode } = tree;
  return { type: 'directory', inode: 0n, mode, mtimeNs: BigInt(tree.mtimeNs), createdNs, children };
}

/** The index of a directory that lies over a stored tree, and nothing in between: known without looking. */
export function indexOfLower({ root }: LowerTree): IndexDirectory {
  const top = root.children?.get(treeName);
  if (top?.entry.type !== 'directory') throw new Error('the tree has a top');
  return lowerDirectory(top, top.entry);
}

function lowerDirectory(node: LowerNode, { mode, mtimeNs, createdNs }: StoredDirectory): IndexDirectory {
  const children: IndexDirectory['children'] = new Map();
  for (const [name, child] of node.children ?? []) {
    const { entry } = child;
    if (entry.type === 'directory') children.set(name, lowerDirectory(child, entry));
    else
      children.set(name, { type: 'leaf', inode: inodeOf(child), stamp: stampOfStored(child, entry), entry });
  }
  return { type: 'directory', inode: 0n, mode, mtimeNs: BigInt(mtimeNs), createdNs, children };
}
