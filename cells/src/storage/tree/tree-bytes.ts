/**
 * The sizes of all files below a directory, added up. A directory object never changes, so each is added up once;
 * after a change only the directories on its path are new. A tree of which too much would have to be read first
 * is left unmeasured until more of it is at hand, as it is when a workspace runs.
 */
import { limits } from '@cellbook/shared/limits.ts';
import type { Entries } from './entry.ts';
import type { VolumeObjects } from './volume-objects.ts';

const known = new WeakMap<Entries, number>();

/** Null where it would take too many reads. */
export async function treeBytes(objects: VolumeObjects, root: string | null): Promise<number | null> {
  let left = limits.storage.measuredDirectoriesMax;
  const bytesOf = async (sha256: string | null): Promise<number> => {
    const entries = await objects.getDirectory(sha256);
    const measured = known.get(entries);
    if (measured !== undefined || left-- <= 0) return measured ?? 0;
    let bytes = 0;
    for (const entry of entries.values()) {
      if (entry.type === 'file') bytes += entry.size;
      if (entry.type === 'directory') bytes += await bytesOf(entry.sha256);
    }
    if (left >= 0) known.set(entries, bytes);
    return bytes;
  };
  const bytes = await bytesOf(root);
  return left >= 0 ? bytes : null;
}
