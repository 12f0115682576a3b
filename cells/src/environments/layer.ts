/** Between a tree in memory and a layer: the same tree as directory objects, with the times of its own beside it. */

import type { TreePath } from '../storage/file-tree.ts';
import type { TimeToSet } from '../storage/live/exact-times.ts';
import { type Entry, emptyDirectory, type StoredDirectory } from '../storage/tree/entry.ts';
import type { VolumeObjects } from '../storage/tree/volume-objects.ts';
import { hasLayerTime, layerTimeNs } from './compiled.ts';
import type { Layer } from './environment-store.ts';
import { readLock } from './lock.ts';
import { readTimes, storeTimes } from './times.ts';
import type { DirectoryNode, FileNode, TreeNode } from './tree-node.ts';

const attributesOf = (mode: number) => ({ mode, mtimeNs: layerTimeNs, createdNs: layerTimeNs });

/** The root of a layer as an entry of a tree. */
export const rootOf = ({ root, mode }: Pick<Layer, 'root' | 'mode'>): StoredDirectory => ({
  ...emptyDirectory(attributesOf(mode)),
  sha256: root,
});

export type StoredLayer = Omit<Layer, 'looks' | 'storedAtMs'>;

export async function storeLayer(
  objects: VolumeObjects,
  tree: DirectoryNode,
  signal: AbortSignal,
): Promise<StoredLayer> {
  const sum: Sum = { files: 0, bytes: 0, times: [] };
  const { sha256: root, mode } = await storeDirectory(objects, tree, [], sum, signal);
  const times = await storeTimes(objects, sum.times, signal);
  const { files, bytes } = sum;
  return {
    root,
    mode,
    times,
    files,
    bytes,
    packages: await readLock(objects, rootOf({ root, mode }), signal),
  };
}

interface Sum {
  files: number;
  bytes: number;
  times: TimeToSet[];
}

async function storeDirectory(
  objects: VolumeObjects,
  { mode, children }: DirectoryNode,
  path: TreePath,
  sum: Sum,
  signal: AbortSignal,
): Promise<StoredDirectory> {
  const entries = new Map<string, Entry>();
  for (const [name, child] of children) {
    const where = [...path, name];
    if (child.type === 'file') addFile(child, where, sum);
    entries.set(
      name,
      child.type === 'directory' ? await storeDirectory(objects, child, where, sum, signal) : child.entry,
    );
  }
  return { ...emptyDirectory(attributesOf(mode)), sha256: await objects.putDirectory(entries, signal) };
}

function addFile({ mtimeNs, entry }: FileNode, path: TreePath, sum: Sum): void {
  sum.files++;
  sum.bytes += entry.size;
  if (!hasLayerTime(path.at(-1) ?? '') && String(mtimeNs) !== layerTimeNs)
    sum.times.push({ path, mtimeNs: String(mtimeNs) });
}

/** What a layer that was attached holds, as a capture knows it; nothing in it was changed after `untilNs`. */
export async function nodesOf(
  objects: VolumeObjects,
  layer: Layer,
  untilNs: bigint,
  signal: AbortSignal,
): Promise<DirectoryNode> {
  const times = new Map<string, bigint>();
  for (const { path, mtimeNs } of await readTimes(objects, layer.times, signal))
    times.set(JSON.stringify(path), BigInt(mtimeNs));
  const visit = async (entry: StoredDirectory, path: TreePath): Promise<DirectoryNode> => {
    const children = new Map<string, TreeNode>();
    for (const [name, child] of await objects.getDirectory(entry.sha256, signal)) {
      const where = [...path, name];
      if (child.type === 'directory') children.set(name, await visit(child, where));
      else if (child.type === 'link') children.set(name, { type: 'link', entry: child });
      else {
        const mtimeNs = times.get(JSON.stringify(where)) ?? BigInt(layerTimeNs);
        const proof = { by: 'attached', untilNs } as const;
        children.set(name, { type: 'file', proof, mtimeNs, size: BigInt(child.size), entry: child });
      }
    }
    return { type: 'directory', mode: entry.mode, children };
  };
  return visit(rootOf(layer), []);
}
