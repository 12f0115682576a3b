import type { FileEntry } from '../tree/entry.ts';
import { type Place, statOf } from './beneath.ts';
import type { IndexLeaf, IndexNode } from './live-index.ts';

/**
 * The index's word on a file that was just put in place, with the time that the live file has; null when code
 * replaced it meanwhile, and then it is read like any other. Its stamp is too fresh to prove anything, so the
 * next scan reads the file once more.
 */
export async function placedLeaf(
  place: Place,
  entry: FileEntry,
  before: IndexNode | undefined,
): Promise<(IndexLeaf & { entry: FileEntry }) | null> {
  const stats = await statOf(place);
  if (!stats?.isFile() || stats.size !== BigInt(entry.size)) return null;
  const createdNs = before?.type === 'leaf' ? before.entry.createdNs : entry.createdNs;
  const { ino: inode, mtimeNs } = stats;
  return { type: 'leaf', inode, stamp: null, entry: { ...entry, mtimeNs: String(mtimeNs), createdNs } };
}
