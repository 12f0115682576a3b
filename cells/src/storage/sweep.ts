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
 * that is seen before the next ten objects. A removal that was not answered (the store was slow, this process died) may
 * arrive when the same bytes have been stored again. So from `begin` until every removal was answered the row says that
 * there is doubt, and what is stored meanwhile gets names of its own (tree/volume-objects.ts); the next sweep begins
 * when no removal of this one can arrive any more. A tree that cannot be read ends a sweep before anything is removed.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { forgetManifests } from './manifests/forget-manifests.ts';
import type { ManifestStore, VolumeRow } from './manifests/manifest-store.ts';
import { keptFiles } from './marks/kept-files.ts';
import { pruneVersions } from './marks/prune-versions.ts';
import type { ObjectStore } from './objects/object-store.ts';
import type { Entry } from './tree/entry.ts';
import { reachableKeys } from './tree/reachable.ts';
import { savePack } from './tree/save-pack.ts';
import type { TreeChange } from './tree/tree-change.ts';
import { objectKey, plainKey, type VolumeObjects } from './tree/volume-objects.ts';
import { filesRoot } from './tree/volume-root.ts';
import type { VolumePointer } from './volume-pointer.ts';

export interface SweepParts {
  pointer: VolumePointer;
  manifests: ManifestStore;
  store: ObjectStore;
  clock: Clock;
  signal: AbortSignal;
  /** What must stay beside the versions that are kept: the tree that lies under a live directory. */
  alsoKept?: readonly string[];
}

export const isSweepDue = ({ row }: VolumePointer, nowMs: number): boolean =>
  row.version - row.sweptVersion >= limits.storage.commitsPerSweep && !isInDoubt(row, nowMs);

const isInDoubt = ({ doubtfulUntilMs }: VolumeRow, nowMs: number): boolean =>
  doubtfulUntilMs !== null && nowMs < doubtfulUntilMs;

/** Gives the number of objects removed; none while the last one’s removals are in doubt. The caller holds the lock and lets no scan run. */
export async function sweep(parts: SweepParts): Promise<number> {
  const { pointer, manifests, signal } = parts;
  const { workspaceId } = pointer.row;
  const nowMs = parts.clock.nowMs();
  if (isInDoubt(pointer.row, nowMs)) return 0;
  const retention = limits.storage.fileVersions[await manifests.tierOf(workspaceId)];
  const uploads = await uploadsOf(pointer, nowMs);
  const versions = pruneVersions(await keptFiles(pointer, signal), nowMs, retention);
  await pointer.commit([...uploads.givenUp, ...versions.changes], 'tidy', signal);
  const roots = await forgetManifests(manifests, workspaceId, nowMs);
  const kept = await reachableKeys(pointer.objects, [...roots, ...(parts.alsoKept ?? [])], signal);
  for (const key of await packKeys(parts)) kept.add(key);
  const removed = await removeOthers(parts, kept);
  const changesDaily = roots.length > 1 || uploads.underWay > 0;
  const dueAtMs = Math.min(
    versions.dueAtMs ?? Number.POSITIVE_INFINITY,
    changesDaily ? nowMs + limits.storage.tidyDailyMs : Number.POSITIVE_INFINITY,
  );
  const { version, sweeps } = pointer.row;
  await manifests.markSwept(workspaceId, {
    ...{ version, sweeps },
    dueAtMs: Number.isFinite(dueAtMs) ? dueAtMs : null,
  });
  pointer.markSwept(version);
  return removed;
}

/** All of the newest tree has just been read: whoever is given it next has it at once. Those of trees before it go. */
async function packKeys({ pointer, signal }: SweepParts): Promise<string[]> {
  const { objects, row } = pointer;
  const { sha256 } = await filesRoot(objects, row.root);
  const isSaved = await savePack(objects, sha256, (each) => objects.getDirectory(each, signal), signal);
  return isSaved && sha256 !== null ? [objectKey(objects.prefix, 'packs', sha256)] : [];
}

async function removeOthers(parts: SweepParts, kept: ReadonlySet<string>): Promise<number> {
  const { pointer, store, clock, signal } = parts;
  let removed = 0;
  let beganMs = Number.NEGATIVE_INFINITY;
  try {
    for await (const key of store.list(pointer.objects.prefix, signal)) {
      if (kept.has(plainKey(key))) continue;
      signal.throwIfAborted();
      const isLook = removed % limits.storage.deletesPerLook === 0;
      if (isLook && clock.nowMs() - beganMs > limits.storage.doubtRenewMs) {
        beganMs = clock.nowMs();
        await beginSweep(parts);
      }
      if (isLook) await assertOurs(parts);
      await store.delete(key);
      removed++;
    }
  } finally {
    // A directory that was removed must be stored again should it come back, and the cache would say it is there.
    if (Number.isFinite(beganMs)) pointer.objects.forgetCached();
  }
  return removed;
}

async function beginSweep({ pointer, manifests, clock }: SweepParts): Promise<void> {
  const { workspaceId, epoch } = pointer.row;
  const doubtfulUntilMs = clock.nowMs() + limits.storage.doubtMs;
  pointer.beginSweep(await manifests.beginSweep(workspaceId, epoch, doubtfulUntilMs), doubtfulUntilMs);
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
