/**
 * Tidies a volume: forgets old manifests, uploads that were given up and versions of files by a plan, and then
 * removes every object that no kept manifest refers to. Objects are namespaced by volume, so nobody else's can be
 * among them. Repeating it is harmless, and one that was cut short is done again.
 *
 *     plan ─▶ commit what goes ─▶ forget manifests ─▶ mark what is reachable ─▶ begin ─▶ remove the rest ─▶ mark swept
 *
 * A writer stores objects before the commit that refers to them, so a sweep runs where nobody else writes: under the
 * workspace's lock, and either between the scans of the host that has the directory, or on a volume that is on no
 * host, while the controller lets none have it. Should the volume change hands all the same (a process that slept),
 * that is seen before the next ten objects. Nobody who wants the volume has a request to remove an object abandoned
 * half-way, since it could arrive after he has stored the same bytes again; only a store that does not answer within
 * its deadline (retrying-object-store.ts) may still do so after the sweep has ended. A tree that cannot be read ends a
 * sweep before anything is removed.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { forgetManifests } from './manifests/forget-manifests.ts';
import type { ManifestStore } from './manifests/manifest-store.ts';
import { keptFiles } from './marks/kept-files.ts';
import { pruneVersions } from './marks/prune-versions.ts';
import type { ObjectStore } from './objects/object-store.ts';
import type { Entry } from './tree/entry.ts';
import { reachableKeys } from './tree/reachable.ts';
import type { TreeChange } from './tree/tree-change.ts';
import type { VolumeObjects } from './tree/volume-objects.ts';
import type { VolumePointer } from './volume-pointer.ts';

export interface SweepParts {
  pointer: VolumePointer;
  manifests: ManifestStore;
  store: ObjectStore;
  nowMs: number;
  signal: AbortSignal;
  /** What must stay beside the versions that are kept: the tree that lies under a live directory. */
  alsoKept?: readonly string[];
}

export const isSweepDue = ({ row }: VolumePointer): boolean =>
  row.version - row.sweptVersion >= limits.storage.commitsPerSweep;

/** Gives the number of objects removed. The caller holds the lock and lets no scan run. */
export async function sweep(parts: SweepParts): Promise<number> {
  const { pointer, manifests, nowMs, signal } = parts;
  const { workspaceId } = pointer.row;
  const retention = limits.storage.fileVersions[await manifests.tierOf(workspaceId)];
  const uploads = await uploadsOf(pointer, nowMs);
  const versions = pruneVersions(await keptFiles(pointer, signal), nowMs, retention);
  await pointer.commit([...uploads.givenUp, ...versions.changes], 'tidy', signal);
  const roots = await forgetManifests(manifests, workspaceId, nowMs);
  const kept = await reachableKeys(pointer.objects, [...roots, ...(parts.alsoKept ?? [])], signal);
  const removed = await removeOthers(parts, kept);
  const changesDaily = roots.length > 1 || uploads.underWay > 0;
  const dueAtMs = Math.min(
    versions.dueAtMs ?? Number.POSITIVE_INFINITY,
    changesDaily ? nowMs + limits.storage.tidyDailyMs : Number.POSITIVE_INFINITY,
  );
  await manifests.markSwept(workspaceId, pointer.row.version, Number.isFinite(dueAtMs) ? dueAtMs : null);
  pointer.markSwept(pointer.row.version);
  return removed;
}

async function removeOthers(parts: SweepParts, kept: ReadonlySet<string>): Promise<number> {
  const { pointer, manifests, store, signal } = parts;
  let removed = 0;
  try {
    for await (const key of store.list(pointer.objects.prefix, signal)) {
      if (kept.has(key)) continue;
      signal.throwIfAborted();
      if (removed === 0) await manifests.beginSweep(pointer.row.workspaceId, pointer.row.epoch);
      if (removed % limits.storage.deletesPerLook === 0) await assertOurs(parts);
      await store.delete(key);
      removed++;
    }
  } finally {
    // A directory that was removed must be stored again should it come back, and the cache would say it is there.
    if (removed > 0) pointer.objects.forgetCached();
  }
  return removed;
}

/** Throws `conflict` when somebody else has written, or has the volume now. */
async function assertOurs({ pointer, manifests }: SweepParts): Promise<void> {
  const { workspaceId, version, epoch, attachedHost } = pointer.row;
  const row = await manifests.read(workspaceId);
  if (row?.version === version && row.epoch === epoch && row.attachedHost === attachedHost) return;
  throw new CellbookError('conflict', {
    doing: 'removing what a volume no longer needs',
    problem: 'the volume changed hands meanwhile',
    ids: { workspaceId },
  });
}

/** The removals of uploads that were given up, and how many are under way. */
async function uploadsOf(
  pointer: VolumePointer,
  nowMs: number,
): Promise<{ givenUp: TreeChange[]; underWay: number }> {
  const oldestNs = BigInt(Math.floor(nowMs - limits.contents.uploadTtlMs)) * 1_000_000n;
  const givenUp: TreeChange[] = [];
  let underWay = 0;
  const visit = async (objects: VolumeObjects, entry: Entry | undefined, path: string[]): Promise<void> => {
    if (entry?.type !== 'directory') return;
    for (const [name, child] of await objects.getDirectory(entry.sha256)) {
      const where = [...path, name];
      if (!name.startsWith('u:')) await visit(objects, child, where);
      else if (BigInt(child.mtimeNs) < oldestNs) givenUp.push({ kind: 'remove', path: where });
      else underWay++;
    }
  };
  await visit(pointer.objects, await pointer.entryAt(['uploads']), ['uploads']);
  return { givenUp, underWay };
}
