/**
 * What a file was at each save: its entry of then, kept beside the tree (volume-root.ts), so no bytes are copied
 * and a save and its version are one commit. Under the file's place lie two lists of `<time>:<author>`: `recent`
 * has every save up to a number, `daily` the last one of each day of those that fell out. A save reads and
 * rewrites `recent` alone, and `daily` only when something falls out, so it costs the same whatever the past.
 */
import type { FileVersion, TreePath, VersionMark, VersionPlan } from '../file-tree.ts';
import { type Entries, type FileEntry, noEntries } from '../tree/entry.ts';
import { readRange } from '../tree/file-content.ts';
import type { TreeChange } from '../tree/tree-change.ts';
import { versionsPath } from '../tree/volume-root.ts';
import type { VolumePointer } from '../volume-pointer.ts';
import { versionToKeep } from './version-entry.ts';

export interface FileVersions {
  list(path: TreePath): Promise<FileVersion[]>;
  /** The entry of one version, or null. */
  find(path: TreePath, id: string): Promise<FileEntry | null>;
  read(entry: FileEntry): AsyncGenerator<Buffer>;
  /** The changes that keep `entry` as the newest version. */
  keep(path: TreePath, entry: FileEntry, mark: VersionMark): Promise<TreeChange[]>;
}

const dayMs = 24 * 3_600_000;
/** Times sort as text for as long as they have thirteen digits: until the year 2286. */
const timeOf = (name: string): number => Number(name.slice(0, name.indexOf(':')));
const authorOf = (name: string): string | null => name.slice(name.indexOf(':') + 1) || null;

export function fileVersionsOf(pointer: VolumePointer): FileVersions {
  const listAt = async (path: TreePath, list: 'recent' | 'daily'): Promise<Entries> => {
    const entry = await pointer.entryAt([...versionsPath(path), list]);
    return entry?.type === 'directory' ? pointer.objects.getDirectory(entry.sha256) : noEntries;
  };
  const all = async (path: TreePath) => [...(await listAt(path, 'daily')), ...(await listAt(path, 'recent'))];

  return {
    async list(path) {
      const versions = (await all(path)).flatMap(([name, entry]) =>
        entry.type === 'file' ? [shown(name, entry.size)] : [],
      );
      return versions.sort((a, b) => b.savedMs - a.savedMs);
    },
    async find(path, id) {
      for (const [name, entry] of await all(path))
        if (entry.type === 'file' && String(timeOf(name)) === id) return entry;
      return null;
    },
    read: (entry) => readRange(pointer.objects, entry, { start: 0, end: entry.size }),
    async keep(path, entry, { author, keep }) {
      const recent = await listAt(path, 'recent');
      const newestMs = Math.max(0, ...[...recent.keys()].map(timeOf));
      // Two saves of one millisecond, or a clock set back: a later save still sorts after.
      const savedMs = Math.max(Math.floor(Number(BigInt(pointer.nowNs()) / 1_000_000n)), newestMs + 1);
      const place = versionsPath(path);
      const kept = await versionToKeep(pointer.objects, entry);
      const fallen = [...recent].slice(0, Math.max(0, recent.size + 1 - keep.recent));
      const changes: TreeChange[] = [
        { kind: 'set', path: [...place, 'recent', `${savedMs}:${author ?? ''}`], entry: kept },
        ...fallen.map(([name]): TreeChange => ({ kind: 'remove', path: [...place, 'recent', name] })),
      ];
      if (fallen.length === 0) return changes;
      const daily = new Map([...(await listAt(path, 'daily')), ...fallen]);
      const dropped = new Set(fallenDays([...daily.keys()], savedMs, keep));
      for (const [name, version] of fallen)
        if (!dropped.has(name))
          changes.push({ kind: 'set', path: [...place, 'daily', name], entry: version });
      for (const name of dropped) changes.push({ kind: 'remove', path: [...place, 'daily', name] });
      return changes;
    },
  };
}

const shown = (name: string, sizeBytes: number): FileVersion => ({
  id: String(timeOf(name)),
  savedMs: timeOf(name),
  author: authorOf(name),
  sizeBytes,
});

/** Of versions that are no longer recent, those to forget: all but the last of each day, and the too old. */
export function fallenDays(names: readonly string[], nowMs: number, { dailyMs }: VersionPlan): string[] {
  const lastOfDay = new Map<number, string>();
  for (const name of names.toSorted()) lastOfDay.set(Math.floor(timeOf(name) / dayMs), name);
  return names.filter(
    (name) => nowMs - timeOf(name) > dailyMs || lastOfDay.get(Math.floor(timeOf(name) / dayMs)) !== name,
  );
}
