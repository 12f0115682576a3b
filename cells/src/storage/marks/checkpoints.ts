/** One checkpoint per file, kept in the volume beside the tree: the file's entry of then, no bytes copied. */
import type { Checkpoint, FileTree, TreePath } from '../file-tree.ts';
import { milliseconds } from '../stored-surface.ts';
import type { FileEntry } from '../tree/entry.ts';
import { markPath } from '../tree/volume-root.ts';
import { refuse, writableTarget } from '../volume-tree.ts';
import { type MarkTools, nothingStaged } from './mark-tools.ts';

const checkpointId = 'checkpoint';

type Checkpoints = Pick<
  FileTree,
  'createCheckpoint' | 'listCheckpoints' | 'restoreCheckpoint' | 'removeCheckpoint'
>;

export function checkpointsOf({ surface, pointer, commit }: MarkTools): Checkpoints {
  const placeOf = async (path: TreePath) => markPath('checkpoint', (await surface.resolve(path)).path);

  async function find(path: TreePath, id: string): Promise<FileEntry> {
    const entry = id === checkpointId ? await pointer.entryAt(await placeOf(path)) : undefined;
    if (entry?.type === 'file') return entry;
    throw refuse('not_found', 'finding a checkpoint of', path, `there is no checkpoint ${id}`);
  }

  return {
    async createCheckpoint(path) {
      const { path: real } = await surface.resolve(path);
      const captured = await surface.capture(real);
      if (captured?.entry.type !== 'file')
        throw refuse(captured ? 'bad_request' : 'not_found', 'checkpointing', path, 'there is no such file');
      const { entry, staged } = captured;
      await commit(staged, [{ kind: 'set', path: markPath('checkpoint', real), entry }]);
      return modelOf(entry);
    },
    async listCheckpoints(path) {
      const entry = await pointer.entryAt(await placeOf(path));
      return entry?.type === 'file' ? [modelOf(entry)] : [];
    },
    async restoreCheckpoint(path, id) {
      const entry = await find(path, id);
      const target = await writableTarget(surface, path);
      await commit(await surface.place(target.path, entry));
    },
    async removeCheckpoint(path, id) {
      await find(path, id);
      await commit(nothingStaged, [{ kind: 'remove', path: await placeOf(path) }]);
    },
  };
}

const modelOf = (entry: FileEntry): Checkpoint => ({
  id: checkpointId,
  modifiedMs: milliseconds(entry.mtimeNs),
});
