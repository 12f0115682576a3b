/** The daemon's end of tree-wire.ts: one call on a workspace's files, and its answer. */
import type { FileTree } from '../../storage/file-tree.ts';
import { digestOf } from '../wire/digest.ts';
import { type TreeArgs, type TreeMethod, type TreeValue, treeMethods } from '../wire/tree-wire.ts';

type Handlers = {
  [Method in TreeMethod]: (
    tree: FileTree,
    args: TreeArgs<Method>,
    bytes: Buffer,
  ) => Promise<TreeValue<Method>>;
};

const handlers: Handlers = {
  stat: (tree, [path]) => tree.stat(path),
  list: (tree, [path]) => tree.list(path),
  write: (tree, [path, { ifAbsent, trustAs, version }], bytes) =>
    tree.write(path, bytes, {
      ...(ifAbsent === undefined ? {} : { ifAbsent }),
      ...(trustAs === undefined ? {} : { trustAs }),
      ...(version && { version }),
    }),
  replace: async (tree, [path, expected, { version }], bytes) => {
    let isAsExpected = false;
    const change = (before: Buffer | null) => {
      isAsExpected = (before === null ? null : digestOf(before)) === expected;
      return isAsExpected ? bytes : null;
    };
    const stat = await tree.update(path, change, { ...(version && { version }) });
    return isAsExpected && stat ? stat : false;
  },
  makeDirectory: (tree, [path]) => tree.makeDirectory(path),
  copy: (tree, [from, to]) => tree.copy(from, to),
  move: (tree, [from, to]) => tree.move(from, to).then(nothing),
  remove: (tree, [path]) => tree.remove(path).then(nothing),
  uploadChunk: (tree, [path, chunk], bytes) => tree.uploadChunk(path, chunk, bytes),
  finishUpload: (tree, [path, { version }], bytes) =>
    tree.finishUpload(path, bytes, { ...(version && { version }) }),
  createCheckpoint: (tree, [path]) => tree.createCheckpoint(path),
  listCheckpoints: (tree, [path]) => tree.listCheckpoints(path),
  restoreCheckpoint: (tree, [path, id]) => tree.restoreCheckpoint(path, id).then(nothing),
  removeCheckpoint: (tree, [path, id]) => tree.removeCheckpoint(path, id).then(nothing),
  forgetVersions: (tree, [path]) => tree.forgetVersions(path).then(nothing),
  isTrusted: (tree, [path, digest]) => tree.isTrusted(path, digest),
  trust: (tree, [path, digest]) => tree.trust(path, digest).then(nothing),
};

/** Throws zod's error for arguments that do not fit, and whatever the tree throws. */
export function serveTree<Method extends TreeMethod>(
  tree: FileTree,
  method: Method,
  args: unknown,
  bytes: Buffer,
): Promise<TreeValue<Method>> {
  const handler: Handlers[Method] = handlers[method];
  return handler(tree, treeMethods[method].args.parse(args) as TreeArgs<Method>, bytes);
}

const nothing = (): null => null;
