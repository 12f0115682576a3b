/**
 * What a file was at each save: its entry of then, kept beside the tree (volume-root.ts), so no bytes are copied
 * and a save and its version are one commit. Under the file's place lie two lists of `<time>:<author>`: `recent`
 * has every save up to a number, `daily` the last one of each day of those that fell out. When `recent` is full, saves
 * older than an hour give way to the last of their hour before anything falls out: JupyterLab saves by itself every
 * two minutes, and a hundred of those are one afternoon. What the platform writes itself, again and again while a
 * cell prints for nobody, is one version as long as nobody else saves. A save reads and rewrites `recent` alone, and
 * `daily` only when something falls out, so it costs the same whatever the past.
 */
import { limits } from '@cellbook/shared/limits.ts';
import type { FileVersion, TreePath, VersionMark, VersionPlan } from '../file-tree.ts';
import { type Entries, type FileEntry, noEntries } from '../tree/entry.ts';
import { readRange } from '../tree/file-content.ts';
import type { TreeChange } from '../tree/tree-change.ts';
import { goneName, versionsPath } from '../tree/volume-root.ts';
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

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Times sort as text for as long as they have thirteen digits: until the year 2286. */
export const timeOf = (name: string): number => Number(name.slice(0, name.indexOf(':')));
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
      const { dropped: thinned, fallen } = thinOut([...recent.keys()], { savedMs, author, plan: keep });
      const changes: TreeChange[] = [
        { kind: 'remove', path: [...place, goneName] },
        { kind: 'set', path: [...place, 'recent', `${savedMs}:${author ?? ''}`], entry: kept },
        ...[...thinned, ...fallen].map(
          (name): TreeChange => ({ kind: 'remove', path: [...place, 'recent', name] }),
        ),
      ];
      if (fallen.length === 0) return changes;
      const days = [...(await listAt(path, 'daily')).keys(), ...fallen];
      const dropped = new Set(fallenDays(days, savedMs, keep));
      for (const name of fallen) {
        const version = recent.get(name);
        if (version && !dropped.has(name))
          changes.push({ kind: 'set', path: [...place, 'daily', name], entry: version });
      }
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

/** What gives way to one more save: `dropped` for good, `fallen` to the daily ones. */
export function thinOut(
  names: readonly string[],
  { savedMs, author, plan }: { savedMs: number; author: string | null; plan: Pick<VersionPlan, 'recent'> },
): { dropped: string[]; fallen: string[] } {
  const sorted = names.toSorted();
  const last = sorted.at(-1);
  const replaced = author === null && last !== undefined && authorOf(last) === null ? [last] : [];
  const others = sorted.slice(0, sorted.length - replaced.length);
  const over = Math.max(0, others.length + 1 - plan.recent);
  const hourOf = (name: string | undefined) =>
    name === undefined ? null : Math.floor(timeOf(name) / hourMs);
  const crowded = others.filter(
    (name, at) =>
      savedMs - timeOf(name) > limits.storage.versionsThinAfterMs && hourOf(others[at + 1]) === hourOf(name),
  );
  const thinned = crowded.slice(0, over);
  const thin = new Set(thinned);
  const fallen = others.filter((name) => !thin.has(name)).slice(0, over - thinned.length);
  return { dropped: [...replaced, ...thinned], fallen };
}

/** Of versions that are no longer recent, those to forget: all but the last of each day, and the too old. */
export function fallenDays(names: readonly string[], nowMs: number, { dailyMs }: VersionPlan): string[] {
  const lastOfDay = new Map<number, string>();
  for (const name of names.toSorted()) lastOfDay.set(Math.floor(timeOf(name) / dayMs), name);
  return names.filter(
    (name) => nowMs - timeOf(name) > dailyMs || lastOfDay.get(Math.floor(timeOf(name) / dayMs)) !== name,
  );
}
