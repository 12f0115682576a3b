/**
 * What a volume no longer needs: old versions by a plan, uploads that were given up, and then every object
 * that no kept version refers to. Objects are namespaced by volume, so nobody else's can be among them.
 *
 * A scan stores chunks before the commit that refers to them, so a sweep runs under the workspace's lock and
 * between scans; a tree that cannot be read ends it before anything is removed.
 */
import { limits } from '@cellbook/shared/limits.ts';
import type { Manifest, ManifestStore } from './manifests/manifest-store.ts';
import type { ObjectStore } from './objects/object-store.ts';
import type { Entry } from './tree/entry.ts';
import { reachableKeys } from './tree/reachable.ts';
import type { TreeChange } from './tree/tree-change.ts';
import type { VolumeObjects } from './tree/volume-objects.ts';
import type { VolumePointer } from './volume-pointer.ts';

const { versionsKeepAllMs, versionsKeepHourlyMs, versionsKeepDailyMs } = limits.storage;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/**
 * The versions to forget, of all of a volume's, newest first: within the last hour none, then all but the
 * newest of each hour for a day, all but the newest of each day for a month, and everything older.
 */
export function versionsToForget(manifests: readonly Manifest[], nowMs: number): number[] {
  const taken = new Set<string>();
  return manifests.slice(1).flatMap(({ version, committedAtMs }) => {
    const ageMs = nowMs - committedAtMs;
    if (ageMs <= versionsKeepAllMs) return [];
    if (ageMs > versionsKeepDailyMs) return [version];
    const slot =
      ageMs <= versionsKeepHourlyMs
        ? `hour ${Math.floor(committedAtMs / hourMs)}`
        : `day ${Math.floor(committedAtMs / dayMs)}`;
    if (taken.has(slot)) return [version];
    taken.add(slot);
    return [];
  });
}

export interface SweepParts {
  pointer: VolumePointer;
  manifests: ManifestStore;
  store: ObjectStore;
  nowMs: number;
  signal: AbortSignal;
}

export const isSweepDue = ({ row }: VolumePointer): boolean =>
  row.version - row.sweptVersion >= limits.storage.commitsPerSweep;

/** Gives the number of objects removed. The caller holds the lock and lets no scan run. */
export async function sweep({ pointer, manifests, store, nowMs, signal }: SweepParts): Promise<number> {
  const { objects, row } = pointer;
  await pointer.commit(await givenUpUploads(pointer, nowMs), 'sync', signal);
  const all = await allManifests(manifests, pointer);
  const forgotten = new Set(versionsToForget(all, nowMs));
  await manifests.forget(row.workspaceId, [...forgotten]);
  const roots = all.filter(({ version }) => !forgotten.has(version)).flatMap(({ root }) => root ?? []);
  const kept = await reachableKeys(objects, roots, signal);
  let removed = 0;
  for await (const key of store.list(objects.prefix, signal)) {
    if (kept.has(key)) continue;
    await store.delete(key, signal);
    removed++;
  }
  await manifests.markSwept(row.workspaceId, pointer.row.version);
  pointer.markSwept(pointer.row.version);
  // A directory that was removed must be stored again should it come back, and the cache would say it is there.
  objects.forgetCached();
  return removed;
}

const pageSize = 1_000;

async function allManifests(manifests: ManifestStore, { row }: VolumePointer): Promise<Manifest[]> {
  const all: Manifest[] = [];
  for (;;) {
    const page = await manifests.list(row.workspaceId, pageSize, all.at(-1)?.version);
    all.push(...page);
    if (page.length < pageSize) return all;
  }
}

async function givenUpUploads(pointer: VolumePointer, nowMs: number): Promise<TreeChange[]> {
  const oldestNs = BigInt(Math.floor(nowMs - limits.contents.uploadTtlMs)) * 1_000_000n;
  const changes: TreeChange[] = [];
  const visit = async (objects: VolumeObjects, entry: Entry | undefined, path: string[]): Promise<void> => {
    if (entry?.type !== 'directory') return;
    for (const [name, child] of await objects.getDirectory(entry.sha256)) {
      const where = [...path, name];
      if (!name.startsWith('u:')) await visit(objects, child, where);
      else if (BigInt(child.mtimeNs) < oldestNs) changes.push({ kind: 'remove', path: where });
    }
  };
  await visit(pointer.objects, await pointer.entryAt(['uploads']), ['uploads']);
  return changes;
}
