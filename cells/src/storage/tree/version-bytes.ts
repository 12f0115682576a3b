/**
 * What a volume's earlier versions of files hold beyond the files themselves. Versions of one file share chunks, so
 * each chunk counts once per file, and the newest version of a file that is there counts nothing: it is the file,
 * which is counted already. Of a file that is marked as gone (marks/prune-versions.ts) the newest counts too.
 *
 * Like tree-bytes.ts it adds up each directory once and gives null where too much would have to be read first.
 */
import { limits } from '@cellbook/shared/limits.ts';
import type { Entries, FileEntry } from './entry.ts';
import type { VolumeObjects } from './volume-objects.ts';
import { goneName, isFileOfVersions } from './volume-root.ts';

const known = new WeakMap<Entries, number>();

/** `root`: the directory object of the versions' area, or null where there is none. */
export async function versionBytes(objects: VolumeObjects, root: string | null): Promise<number | null> {
  let left = limits.storage.measuredDirectoriesMax;
  const bytesOf = async (sha256: string | null, isFile: boolean): Promise<number> => {
    const entries = await objects.getDirectory(sha256);
    const measured = known.get(entries);
    if (measured !== undefined || left-- <= 0) return measured ?? 0;
    let bytes = 0;
    if (isFile) bytes = heldBytes(await versionsIn(objects, entries), entries.has(goneName));
    else
      for (const [name, entry] of entries)
        if (entry.type === 'directory') bytes += await bytesOf(entry.sha256, isFileOfVersions(name));
    if (left >= 0) known.set(entries, bytes);
    return bytes;
  };
  const bytes = await bytesOf(root, false);
  return left >= 0 ? bytes : null;
}

async function versionsIn(objects: VolumeObjects, lists: Entries): Promise<Map<string, FileEntry>> {
  const versions = new Map<string, FileEntry>();
  for (const list of lists.values())
    if (list.type === 'directory')
      for (const [name, entry] of await objects.getDirectory(list.sha256))
        if (entry.type === 'file') versions.set(name, entry);
  return versions;
}

/** Of one file's versions by their names, which sort as their times. */
function heldBytes(versions: ReadonlyMap<string, FileEntry>, isGone: boolean): number {
  const names = [...versions.keys()].sort();
  const newest = isGone ? undefined : names.pop();
  const seen = new Set<string>();
  for (const { key } of piecesIn(versions, newest)) seen.add(key);
  let bytes = 0;
  for (const name of names)
    for (const { key, length } of piecesIn(versions, name)) {
      if (!seen.has(key)) bytes += length;
      seen.add(key);
    }
  return bytes;
}

const piecesIn = (versions: ReadonlyMap<string, FileEntry>, name: string | undefined): Piece[] => {
  const entry = name === undefined ? undefined : versions.get(name);
  return entry === undefined || name === undefined ? [] : piecesOf(entry, name);
};

export interface Piece {
  /** Equal where two files share the bytes. */
  key: string;
  length: number;
}

/** What a version's bytes lie in; those within its own entry are its own, zeroes are nowhere. */
export function piecesOf({ content, size }: FileEntry, name: string): Piece[] {
  if (content.in === 'line') return [{ key: `line ${name}`, length: size }];
  if (content.in === 'list') return [{ key: `list ${content.sha256}`, length: size }];
  return content.runs.flatMap(([sha256, length]) => (sha256 === null ? [] : [{ key: sha256, length }]));
}
