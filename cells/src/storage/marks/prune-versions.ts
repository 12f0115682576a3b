/**
 * Which versions of files go, decided at a glance over all of a workspace's. A save thins out its own file
 * (file-versions.ts); what no save comes by any more is decided here:
 *
 *     file is there     daily versions older than the tier keeps them go
 *     file is missing ──first seen──▶ marked `gone` with the time ──goneMs later──▶ all its versions go
 *          └── there again: the mark goes                (a save, or a file moved to its place, does that too)
 *     more than the workspace may keep, in number or bytes: the oldest go, of every file the newest last
 */

import type { limits } from '@cellbook/shared/limits.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { FileEntry, LinkEntry } from '../tree/entry.ts';
import type { TreeChange } from '../tree/tree-change.ts';
import { piecesOf } from '../tree/version-bytes.ts';
import { goneName } from '../tree/volume-root.ts';

export type Retention = (typeof limits.storage.fileVersions)[Tier];

export interface KeptVersion {
  list: 'recent' | 'daily';
  name: string;
  savedMs: number;
  entry: FileEntry;
}

export interface KeptFile {
  /** Where its versions lie. */
  place: readonly string[];
  isThere: boolean;
  /** When it was first seen missing. */
  goneSinceMs: number | null;
  /** Oldest first. */
  versions: readonly KeptVersion[];
}

export interface Pruning {
  changes: TreeChange[];
  /** When the next version goes by its age alone; null where none ever does. */
  dueAtMs: number | null;
}

export function pruneVersions(files: readonly KeptFile[], nowMs: number, retention: Retention): Pruning {
  const changes: TreeChange[] = [];
  const survivors: KeptFile[] = [];
  for (const given of files) {
    const file = { ...given, goneSinceMs: given.isThere ? null : (given.goneSinceMs ?? nowMs) };
    const versions = file.versions.filter((version) => !isPast(expiryOf(file, version, retention), nowMs));
    if (versions.length > 0 && file.goneSinceMs !== given.goneSinceMs) changes.push(markChange(file));
    changes.push(...dropChanges(file, versions));
    if (versions.length > 0) survivors.push({ ...file, versions });
  }
  const overflowing = overflow(survivors, retention);
  const kept = survivors.map((file) => {
    const versions = file.versions.filter((version) => !overflowing.has(version));
    changes.push(...dropChanges(file, versions));
    return { ...file, versions };
  });
  const expiries = kept.flatMap((file) => file.versions.map((version) => expiryOf(file, version, retention)));
  const dueAtMs = expiries.reduce((soonest, at) => Math.min(soonest, at), Number.POSITIVE_INFINITY);
  return { changes, dueAtMs: Number.isFinite(dueAtMs) ? dueAtMs : null };
}

const isPast = (atMs: number, nowMs: number): boolean => atMs <= nowMs;

function expiryOf(file: KeptFile, { list, savedMs }: KeptVersion, retention: Retention): number {
  const byAge = list === 'daily' ? savedMs + retention.dailyMs : Number.POSITIVE_INFINITY;
  const byLoss = file.goneSinceMs === null ? Number.POSITIVE_INFINITY : file.goneSinceMs + retention.goneMs;
  return Math.min(byAge, byLoss);
}

/** The mark is a link that leads nowhere: its time is all that it says. */
function markChange({ place, goneSinceMs }: KeptFile): TreeChange {
  const path = [...place, goneName];
  if (goneSinceMs === null) return { kind: 'remove', path };
  const ns = String(BigInt(Math.floor(goneSinceMs)) * 1_000_000n);
  const entry: LinkEntry = { type: 'link', mode: 0o600, mtimeNs: ns, createdNs: ns, target: goneName };
  return { kind: 'set', path, entry };
}

/** Takes away what is not in `kept`; the whole place where nothing is. */
function dropChanges({ place, versions }: KeptFile, kept: readonly KeptVersion[]): TreeChange[] {
  if (kept.length === 0) return [{ kind: 'remove', path: place }];
  const stays = new Set(kept);
  return versions
    .filter((version) => !stays.has(version))
    .map(({ list, name }) => ({ kind: 'remove', path: [...place, list, name] }));
}

/** What goes so that number and bytes are within what a workspace may keep. */
function overflow(files: readonly KeptFile[], { countMax, bytesMax }: Retention): Set<KeptVersion> {
  const going = new Set<KeptVersion>();
  const held = new Map(files.map((file) => [file, new HeldPieces(file)]));
  let count = files.reduce((sum, { versions }) => sum + versions.length, 0);
  let bytes = [...held.values()].reduce((sum, { bytes: each }) => sum + each, 0);
  const candidates = files.flatMap((file) =>
    file.versions.map((version, at) => ({
      file,
      version,
      isLast: file.isThere && at === file.versions.length - 1,
    })),
  );
  candidates.sort((a, b) => Number(a.isLast) - Number(b.isLast) || a.version.savedMs - b.version.savedMs);
  for (const { file, version, isLast } of candidates) {
    // The newest of a file that is there holds nothing of its own: it goes for the number alone.
    if (count <= countMax && (bytes <= bytesMax || isLast)) break;
    going.add(version);
    count -= 1;
    bytes -= held.get(file)?.release(version) ?? 0;
  }
  return going;
}

/** How often each piece of a file's versions is in use, and what they hold beyond the file itself. */
class HeldPieces {
  readonly #uses = new Map<string, number>();
  bytes = 0;

  constructor({ versions, isThere }: KeptFile) {
    const newest = isThere ? versions.at(-1) : undefined;
    // The file itself uses these, so that no version of it frees them.
    for (const { key } of newest ? piecesOf(newest.entry, newest.name) : []) this.#use(key);
    for (const { entry, name } of versions)
      for (const { key, length } of piecesOf(entry, name)) if (this.#use(key) === 1) this.bytes += length;
  }

  /** Gives the bytes that nothing holds any more. */
  release({ entry, name }: KeptVersion): number {
    let freed = 0;
    for (const { key, length } of piecesOf(entry, name)) {
      const uses = (this.#uses.get(key) ?? 1) - 1;
      this.#uses.set(key, uses);
      if (uses === 0) freed += length;
    }
    return freed;
  }

  #use(key: string): number {
    const uses = (this.#uses.get(key) ?? 0) + 1;
    this.#uses.set(key, uses);
    return uses;
  }
}
