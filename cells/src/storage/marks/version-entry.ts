/** The entries of versions: how one is kept, and how all of a file or folder go along when it is renamed. */
import { limits } from '@cellbook/shared/limits.ts';
import type { TreePath } from '../file-tree.ts';
import type { Entries, Entry, FileEntry } from '../tree/entry.ts';
import { noChunks } from '../tree/file-content.ts';
import type { TreeChange } from '../tree/tree-change.ts';
import type { VolumeObjects } from '../tree/volume-objects.ts';
import { goneName, versionsPath } from '../tree/volume-root.ts';
import type { VolumePointer } from '../volume-pointer.ts';

/** Small files lie within their directory; hundreds of versions of one would make a list of megabytes. */
export async function versionToKeep(objects: VolumeObjects, entry: FileEntry): Promise<FileEntry> {
  if (entry.content.in !== 'line' || entry.size <= limits.storage.versionInlineBytesMax) return entry;
  const bytes = Buffer.from(entry.content.base64, 'base64');
  const sha256 = await objects.putChunk(bytes, noChunks);
  return { ...entry, content: { in: 'runs', runs: [[sha256, bytes.length]] } };
}

/** What was there before under the new name, of a file that is no more, stays among its versions. */
export async function moveVersions(
  pointer: VolumePointer,
  from: TreePath,
  to: TreePath,
): Promise<TreeChange[]> {
  const changes: TreeChange[] = [];
  for (const kind of ['file', 'folder'] as const) {
    const source = versionsPath(from, kind);
    const entry = await pointer.entryAt(source);
    if (!entry) continue;
    changes.push({ kind: 'remove', path: source });
    const target = versionsPath(to, kind);
    changes.push(...(await merge(pointer.objects, entry, await pointer.entryAt(target), target)));
  }
  return changes;
}

async function merge(
  objects: VolumeObjects,
  entry: Entry,
  there: Entry | undefined,
  path: string[],
): Promise<TreeChange[]> {
  if (entry.type !== 'directory' || there?.type !== 'directory') return [{ kind: 'set', path, entry }];
  const present = await objects.getDirectory(there.sha256);
  const moving = await objects.getDirectory(entry.sha256);
  const changes: TreeChange[] = [];
  // That the file which was there before is gone says nothing about the one that takes its place.
  if (present.has(goneName) && !moving.has(goneName))
    changes.push({ kind: 'remove', path: [...path, goneName] });
  for (const [name, child] of moving) {
    const at = child.type === 'file' ? freeName(name, present) : name;
    changes.push(...(await merge(objects, child, present.get(at), [...path, at])));
  }
  return changes;
}

/** Two files that one person saved in the same millisecond: neither version gives way to the other. */
function freeName(name: string, present: Entries): string {
  const colon = name.indexOf(':');
  let ms = Number(name.slice(0, colon));
  while (present.has(`${ms}${name.slice(colon)}`)) ms += 1;
  return `${ms}${name.slice(colon)}`;
}
