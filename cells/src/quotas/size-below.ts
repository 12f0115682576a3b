/** How large a file is, or a folder with everything in it. */
import { limits } from '@cellbook/shared/limits.ts';
import type { FileTree, TreePath } from '../storage/file-tree.ts';

export async function sizeBelow(tree: Pick<FileTree, 'stat' | 'list'>, path: TreePath): Promise<number> {
  const stat = await tree.stat(path);
  return stat?.type === 'directory' ? listed(tree, path) : (stat?.sizeBytes ?? 0);
}

async function listed(tree: Pick<FileTree, 'list'>, folder: TreePath): Promise<number> {
  let bytes = 0;
  for (const entry of await tree.list(folder))
    if (entry.type === 'file') bytes += entry.sizeBytes ?? 0;
    else if (folder.length < limits.storage.depthMax) bytes += await listed(tree, [...folder, entry.name]);
  return bytes;
}
