/**
 * A live directory as the contents service changes it, beside untrusted code that writes in it too. What is
 * changed here is seen in the sandbox at once; what the stored tree must be told is staged, and enters the
 * index when it is committed.
 */
import { mkdir, rename } from 'node:fs/promises';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { TreePath } from '../file-tree.ts';
import { copyUps } from '../lazy/lazy-mount.ts';
import type { Staged, Surface } from '../surface.ts';
import type { TreeChange } from '../tree/tree-change.ts';
import { filesPath } from '../tree/volume-root.ts';
import { at, giveToSandbox, type Place, removeTree, statOf } from './beneath.ts';
import { showPath } from './errno.ts';
import { fileStatOf } from './file-stat.ts';
import { createdOf, directoryNode, modeOf, nodeAt, setNode } from './live-index.ts';
import { listLive } from './live-list.ts';
import type { LiveState } from './live-state.ts';
import { locate } from './locate.ts';
import { materialiseEntry, putFile } from './materialise.ts';
import { placedLeaf } from './placed-leaf.ts';
import { readRegular } from './read-regular.ts';
import { isReserved } from './reserved-names.ts';
import { nothingFound, scanName } from './scan.ts';
import { treeCall } from './tree-call.ts';
import { writeBytes } from './write-bytes.ts';

export function createLiveSurface(state: LiveState): Surface {
  const { root, index, pointer } = state;
  const putting = { ...state, objects: pointer.objects };

  return {
    async resolve(path, options) {
      return locate(
        root,
        path,
        async (found) => {
          const stats = found.path.some(isReserved) ? null : found.stats;
          const stat = stats ? fileStatOf(stats, nodeAt(index, found.path)) : null;
          return { path: found.path, stat, mode: stats ? modeOf(stats) : null };
        },
        options,
      );
    },
    list: (path) => listLive(state, path),
    readRange: (path, range) => readRegular(state, path, range),
    async place(path, entry, bytes) {
      const leaf = await inPlace(path, async (where) => {
        const before = nodeAt(index, path);
        if (bytes) await writeBytes(where, bytes, entry.mode, state.random);
        else await putFile(putting, where, entry);
        return placedLeaf(where, entry, before);
      });
      if (!leaf) return scanAt(path);
      const change: TreeChange = { kind: 'set', path: filesPath(path), entry: leaf.entry };
      return stage(path, [change], () => setNode(index, path, leaf));
    },
    async makeDirectory(path) {
      await inPlace(path, async (where) => {
        await treeCall(() => mkdir(at(where), { mode: 0o755 }));
        await giveToSandbox(where);
      });
      return scanAt(path);
    },
    async move(from, to) {
      const go = () =>
        inPlace(from, (source) => inPlace(to, (target) => treeCall(() => rename(at(source), at(target)))));
      await (state.lazy ? copyUps.run(go) : go());
      return moved(from, to);
    },
    async remove(path) {
      await inPlace(path, async (where) => {
        if (!(await statOf(where))) throw refusal('not_found', path, 'there is no such file or directory');
        await removeTree(where);
      });
      const gone: TreeChange = { kind: 'remove', path: filesPath(path) };
      return stage(path, [gone], () => setNode(index, path, null));
    },
    async capture(path) {
      const staged = await scanAt(path);
      await pointer.commit(staged.changes, 'save');
      staged.settle();
      const entry = await pointer.entryAt(filesPath(path));
      return entry ? { entry, staged: { changes: [], settle: () => {} } } : null;
    },
    async copyIn(path, entry) {
      await inPlace(path, (where) => materialiseEntry(putting, where, entry));
      return scanAt(path);
    },
  };

  function inPlace<T>(path: TreePath, work: (place: Place) => Promise<T>): Promise<T> {
    const go = ({ place }: { place: Place | null }) => {
      if (!place) throw refusal('bad_request', path, 'the root itself cannot be changed');
      return work(place);
    };
    return locate(root, path, go, { keepLink: true });
  }

  /** Scans what is at a path now, trusting what is missing to be gone. */
  async function scanAt(path: TreePath): Promise<Staged> {
    const found = nothingFound();
    const lower = state.lazy?.parts.tree ?? null;
    const tools = {
      ...state,
      ...{ objects: pointer.objects, final: true, largerThan: Number.POSITIVE_INFINITY, lower },
    };
    const scan = async ({ place }: { place: Place | null }) => {
      if (place) await scanName(tools, place, path, nodeAt(index, path), found);
    };
    await locate(root, path, scan, { keepLink: true });
    return stage(path, found.changes, () => {
      for (const { path: where, node } of found.updates) setNode(index, where, node);
    });
  }

  async function stage(path: TreePath, changes: TreeChange[], settle: () => void): Promise<Staged> {
    for (const touched of state.recorders) touched.push(path);
    const parents = await describeParents(path);
    return {
      changes: [...parents.changes, ...changes],
      settle() {
        parents.settle();
        settle();
      },
    };
  }

  /** The directories on the way that the stored tree may not know yet, and the last one's new time. */
  async function describeParents(path: TreePath): Promise<Staged> {
    const changes: TreeChange[] = [];
    const settles: (() => void)[] = [];
    for (let depth = 0; depth < path.length; depth++) {
      const folder = path.slice(0, depth);
      const known = nodeAt(index, folder);
      if (known?.type === 'directory' && depth < path.length - 1) continue;
      const stats = await locate(root, folder, async (found) => found.stats, { keepLink: true });
      if (!stats?.isDirectory()) continue;
      const createdNs = known?.type === 'directory' ? known.createdNs : createdOf(stats);
      const attributes = { mode: modeOf(stats), mtimeNs: String(stats.mtimeNs), createdNs };
      changes.push({ kind: 'directory', path: filesPath(folder), attributes });
      settles.push(() => setNode(index, folder, directoryNode(stats, createdNs)));
    }
    const settle = () => {
      for (const each of settles) each();
    };
    return { changes, settle };
  }

  /** The stored entry moves as it is; what code changed below it since is found by scanning the new place. */
  async function moved(from: TreePath, to: TreePath): Promise<Staged> {
    const node = nodeAt(index, from);
    const entry = await pointer.entryAt(filesPath(from));
    const changes: TreeChange[] = entry ? [{ kind: 'set', path: filesPath(to), entry }] : [];
    const leaving = await stage(from, [...changes, { kind: 'remove', path: filesPath(from) }], () => {});
    setNode(index, from, null);
    if (node && entry) setNode(index, to, node);
    const arriving = await scanAt(to);
    return {
      changes: [...leaving.changes, ...arriving.changes],
      settle() {
        leaving.settle();
        arriving.settle();
      },
    };
  }
}

const refusal = (code: 'not_found' | 'bad_request', path: TreePath, problem: string) =>
  new CellbookError(code, { doing: `changing ${showPath(path)}`, problem });
