/** All versions that a volume keeps, with the files they are of, for whoever decides which go. */
import { type Entries, type Entry, noEntries } from '../tree/entry.ts';
import { goneName, isFileOfVersions } from '../tree/volume-root.ts';
import type { VolumePointer } from '../volume-pointer.ts';
import { timeOf } from './file-versions.ts';
import type { KeptFile, KeptVersion } from './prune-versions.ts';

/** One walk of the versions' folders beside those of the files. */
export async function keptFiles(pointer: VolumePointer, signal: AbortSignal): Promise<KeptFile[]> {
  const { objects } = pointer;
  const found: KeptFile[] = [];
  const entriesOf = async (entry: Entry | undefined): Promise<Entries> => {
    signal.throwIfAborted();
    return entry?.type === 'directory' ? objects.getDirectory(entry.sha256, signal) : noEntries;
  };

  async function visit(
    versions: Entry | undefined,
    files: Entry | undefined,
    place: string[],
  ): Promise<void> {
    const [here, beside] = [await entriesOf(versions), await entriesOf(files)];
    for (const [name, entry] of here) {
      const counterpart = beside.get(name.slice(2));
      const where = [...place, name];
      if (isFileOfVersions(name)) found.push(await fileAt(entry, counterpart, where));
      else await visit(entry, counterpart, where);
    }
  }

  async function fileAt(entry: Entry, counterpart: Entry | undefined, place: string[]): Promise<KeptFile> {
    const lists = await entriesOf(entry);
    const versions: KeptVersion[] = [];
    for (const list of ['recent', 'daily'] as const)
      for (const [name, version] of await entriesOf(lists.get(list)))
        if (version.type === 'file') versions.push({ list, name, savedMs: timeOf(name), entry: version });
    versions.sort((a, b) => a.savedMs - b.savedMs);
    const mark = lists.get(goneName);
    const goneSinceMs = mark ? Number(BigInt(mark.mtimeNs) / 1_000_000n) : null;
    return { place, isThere: counterpart?.type === 'file', goneSinceMs, versions };
  }

  await visit(await pointer.entryAt(['versions']), await pointer.entryAt(['files']), ['versions']);
  return found;
}
