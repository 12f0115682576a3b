/** Copying, with jupyter_server's rules for names and destinations. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { FileTree, TreePath } from '../storage/file-tree.ts';
import { apiPath, isHidden } from './api-path.ts';
import { type Model, modelOf, noSuchFile, withoutContent } from './model.ts';
import { originalName, withFreeName } from './names.ts';
import type { SaveTools } from './save.ts';

/** Copies into the folder `to`, or to `to` itself where there is no such folder. */
export async function copyTo({ tree, random }: SaveTools, from: TreePath, to: TreePath): Promise<Model> {
  const source = await tree.stat(from);
  const name = from.at(-1);
  if (!source || name === undefined || isHidden(from)) throw noSuchFile(from);
  if (source.type === 'directory') await refuseTooLarge(tree, from);
  const target = await tree.stat(to);
  if (target && target.type !== 'directory') throw bad(`${apiPath(to)} is a file`);
  const folder = target || source.type === 'directory' ? to : to.slice(0, -1);
  if (!target && source.type === 'file' && (await tree.stat(folder))?.type !== 'directory')
    throw noSuchFile(folder);
  const wanted = target || source.type === 'directory' ? originalName(name) : (to.at(-1) ?? name);
  return withFreeName(
    wanted,
    '-Copy',
    async (candidate) => target !== null && (await tree.stat([...folder, candidate])) !== null,
    async (candidate) => {
      await tree.copy(from, [...folder, candidate]);
      return modelOf(tree, [...folder, candidate], withoutContent, random);
    },
  );
}

async function refuseTooLarge(tree: FileTree, folder: TreePath): Promise<void> {
  let bytes = 0;
  const visit = async (path: TreePath): Promise<void> => {
    for (const entry of await tree.list(path)) {
      bytes += entry.sizeBytes ?? 0;
      if (bytes > limits.contents.copyBytesMax)
        throw bad(`Can't copy folders larger than ${limits.contents.copyBytesMax / 1024 / 1024}MB`);
      if (entry.type === 'directory' && path.length < limits.storage.depthMax)
        await visit([...path, entry.name]);
    }
  };
  await visit(folder);
}

const bad = (problem: string) => new CellbookError('bad_request', { doing: 'copying', problem });
