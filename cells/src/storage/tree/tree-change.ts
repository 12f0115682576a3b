/**
 * Changes to a tree, by path, applied together: every directory on a changed path is rewritten once, from
 * the leaves up, and the others keep their objects. `set` puts an entry in place of whatever is there (a
 * directory with its whole subtree), `directory` makes sure there is one and gives it attributes but keeps
 * what is in it, `remove` takes a name away.
 */
import { type Attributes, type Entry, emptyDirectory, type StoredDirectory } from './entry.ts';
import type { VolumeObjects } from './volume-objects.ts';

export type TreeChange =
  | { kind: 'set'; path: readonly string[]; entry: Entry }
  | { kind: 'directory'; path: readonly string[]; attributes: Attributes }
  | { kind: 'remove'; path: readonly string[] };

interface Node {
  change: TreeChange | null;
  children: Map<string, Node>;
}

/** The new root directory after `changes`; later ones win where two speak of one path. */
export async function applyChanges(
  objects: VolumeObjects,
  root: StoredDirectory,
  changes: readonly TreeChange[],
  signal?: AbortSignal,
): Promise<StoredDirectory> {
  const applied = await apply(objects, root, gather(changes), root, signal);
  return applied?.type === 'directory' ? applied : root;
}

function gather(changes: readonly TreeChange[]): Node {
  const top: Node = { change: null, children: new Map() };
  for (const change of changes) {
    let node = top;
    for (const name of change.path) {
      const next: Node = node.children.get(name) ?? { change: null, children: new Map() };
      node.children.set(name, next);
      node = next;
    }
    node.change = change;
    // What was said about names below no longer counts when the whole is replaced or taken away.
    if (change.kind !== 'directory') node.children.clear();
  }
  return top;
}

async function apply(
  objects: VolumeObjects,
  before: Entry | undefined,
  node: Node,
  parent: Attributes,
  signal?: AbortSignal,
): Promise<Entry | undefined> {
  const base = ownChange(before, node.change);
  if (node.children.size === 0) return base;
  // A directory that nobody described, on the way to a change: it gets its parent's mode and times.
  const directory = base?.type === 'directory' ? base : emptyDirectory(parent);
  const entries = new Map(await objects.getDirectory(directory.sha256, signal));
  for (const [name, child] of node.children) {
    const after = await apply(objects, entries.get(name), child, directory, signal);
    if (after) entries.set(name, after);
    else entries.delete(name);
  }
  if (entries.size === 0 && base === undefined) return undefined;
  return { ...directory, sha256: await objects.putDirectory(entries, signal) };
}

function ownChange(before: Entry | undefined, change: TreeChange | null): Entry | undefined {
  if (!change) return before;
  if (change.kind === 'remove') return undefined;
  if (change.kind === 'set') return change.entry;
  const kept = before?.type === 'directory' ? before.sha256 : null;
  return { ...emptyDirectory(change.attributes), sha256: kept };
}

/** The entry at a path, or undefined; links are not followed. */
export async function entryAt(
  objects: VolumeObjects,
  root: Entry,
  path: readonly string[],
  signal?: AbortSignal,
): Promise<Entry | undefined> {
  let entry: Entry | undefined = root;
  for (const name of path) {
    if (entry?.type !== 'directory') return undefined;
    entry = (await objects.getDirectory(entry.sha256, signal)).get(name);
  }
  return entry;
}
