/**
 * Volumes in Postgres. A commit is one statement: it moves the pointer where version and epoch still match
 * and appends the manifest, or changes nothing; only then is the row read to say why.
 */
import { refuseOlderEpoch } from '@cellbook/shared/epoch.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { hostIdSchema, volumeIdSchema, type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { and, desc, eq, inArray, lt, lte, ne, sql } from 'drizzle-orm';
import type { Database } from '../../db/database.ts';
import { storageReservations, volumeManifests, volumes } from '../../db/volumes.ts';
import { claimTidy } from './claim-tidy.ts';
import type { ManifestStore, VolumeRow } from './manifest-store.ts';
import { noSuchVolume, refuseCommit } from './refusals.ts';
import { tierOf } from './tier-of.ts';

export function createPostgresManifestStore(database: Database): ManifestStore {
  const read = async (workspaceId: WorkspaceId) => {
    const [row] = await database.select().from(volumes).where(eq(volumes.workspaceId, workspaceId));
    return row ? parseRow(row) : null;
  };
  const refuseOwner = async (workspaceId: WorkspaceId, epoch: number, doing: string) => {
    const row = await read(workspaceId);
    if (!row) throw noSuchVolume(workspaceId, doing);
    refuseOlderEpoch(epoch, row.epoch, 'the files', { workspaceId });
    throw new CellbookError('conflict', {
      doing,
      problem: 'the row changed meanwhile',
      ids: { workspaceId },
    });
  };
  const ownedBy = (workspaceId: WorkspaceId, epoch: number) =>
    and(eq(volumes.workspaceId, workspaceId), lte(volumes.epoch, epoch));
  const volumeOf = (workspaceId: WorkspaceId) =>
    sql`(select ${volumes.volumeId} from ${volumes} where ${volumes.workspaceId} = ${workspaceId})`;

  return {
    read,
    async create(workspaceId, volumeId) {
      const fresh = { workspaceId, volumeId, version: 0, epoch: 0, sweptVersion: 0, tidyDueAt: null };
      await database.insert(volumes).values(fresh).onConflictDoNothing();
      const row = await read(workspaceId);
      if (!row) throw noSuchVolume(workspaceId, 'creating a volume');
      return row;
    },
    async claim(workspaceId, epoch, host) {
      const set = { epoch, attachedHost: host };
      const [row] = await database.update(volumes).set(set).where(ownedBy(workspaceId, epoch)).returning();
      return row ? parseRow(row) : refuseOwner(workspaceId, epoch, 'claiming a volume');
    },
    async release(workspaceId, epoch) {
      const set = { epoch, attachedHost: null };
      const [row] = await database.update(volumes).set(set).where(ownedBy(workspaceId, epoch)).returning();
      if (!row) await refuseOwner(workspaceId, epoch, 'releasing a volume');
    },
    async commit(commit) {
      const { workspaceId, expectedVersion, epoch, root, reason, committedAtMs } = commit;
      const { bytes = null, versionBytes = null, reservation = null } = commit;
      const soon = new Date(committedAtMs + limits.storage.tidyAfterMs).toISOString();
      const committed = await database.execute(sql`
        with before as (
          select coalesce(bytes, 0) + coalesce(version_bytes, 0) as used from ${volumes}
          where workspace_id = ${workspaceId} and version = ${expectedVersion} and epoch = ${epoch} for update),
        moved as (
          update ${volumes} set version = version + 1, root = ${root},
            bytes = coalesce(${bytes}::bigint, bytes),
            version_bytes = coalesce(${versionBytes}::bigint, version_bytes),
            tidy_due_at = least(tidy_due_at, ${soon}::timestamptz)
          where workspace_id = ${workspaceId} and version = ${expectedVersion} and epoch = ${epoch}
          returning volume_id, version, coalesce(bytes, 0) + coalesce(version_bytes, 0) as used),
        reserved as (
          update ${storageReservations} set bytes = greatest(0, bytes - greatest(0, moved.used - before.used))
          from moved, before where id = ${reservation}::text)
        insert into ${volumeManifests} (volume_id, version, epoch, root, reason, committed_at)
        select volume_id, version, ${epoch}, ${root}, ${reason}, ${new Date(committedAtMs).toISOString()}
        from moved returning version`);
      if (committed.length > 0) return expectedVersion + 1;
      const row = await read(workspaceId);
      refuseCommit(row, commit);
      throw new CellbookError('conflict', {
        doing: 'committing a version',
        problem: 'the row changed and changed back',
        ids: { workspaceId },
      });
    },
    async list(workspaceId, limit, before = Number.MAX_SAFE_INTEGER) {
      const wanted = and(
        eq(volumeManifests.volumeId, volumeOf(workspaceId)),
        lt(volumeManifests.version, before),
      );
      const query = database.select().from(volumeManifests).where(wanted);
      const found = await query.orderBy(desc(volumeManifests.version)).limit(limit);
      return found.map(({ version, epoch, root, reason, committedAt }) => ({
        ...{ version, epoch, root, reason },
        committedAtMs: committedAt.getTime(),
      }));
    },
    async forget(workspaceId, versions) {
      const row = await read(workspaceId);
      if (!row || versions.length === 0) return;
      const theirs = eq(volumeManifests.volumeId, row.volumeId);
      const wanted = and(
        inArray(volumeManifests.version, [...versions]),
        ne(volumeManifests.version, row.version),
      );
      await database.delete(volumeManifests).where(and(theirs, wanted));
    },
    async beginSweep(workspaceId, epoch, doubtfulUntilMs) {
      const set = { sweeps: sql`${volumes.sweeps} + 1`, doubtfulUntil: new Date(doubtfulUntilMs) };
      const [row] = await database.update(volumes).set(set).where(ownedBy(workspaceId, epoch)).returning();
      return row ? row.sweeps : refuseOwner(workspaceId, epoch, 'sweeping a volume');
    },
    async markSwept(workspaceId, { version: sweptVersion, sweeps, dueAtMs }) {
      const tidyDueAt = dueAtMs === null ? null : new Date(dueAtMs);
      const answered = sql`case when ${volumes.sweeps} = ${sweeps} then null else ${volumes.doubtfulUntil} end`;
      await database
        .update(volumes)
        .set({ sweptVersion, tidyDueAt, doubtfulUntil: answered })
        .where(eq(volumes.workspaceId, workspaceId));
    },
    claimTidy: (claim) => claimTidy(database, claim),
    tierOf: (workspaceId) => tierOf(database, workspaceId),
    async destroy(workspaceId) {
      return database.transaction(async (transaction) => {
        const [row] = await transaction
          .delete(volumes)
          .where(eq(volumes.workspaceId, workspaceId))
          .returning();
        if (!row) return null;
        await transaction.delete(volumeManifests).where(eq(volumeManifests.volumeId, row.volumeId));
        return volumeIdSchema.parse(row.volumeId);
      });
    },
  };
}

/** Its size is the quotas' (quotas/sum-storage.ts). */
function parseRow(given: typeof volumes.$inferSelect): VolumeRow {
  const { bytes: _files, versionBytes: _versions, tidyDueAt: _due, doubtfulUntil, ...row } = given;
  return {
    ...row,
    doubtfulUntilMs: doubtfulUntil?.getTime() ?? null,
    workspaceId: workspaceIdSchema.parse(row.workspaceId),
    volumeId: volumeIdSchema.parse(row.volumeId),
    attachedHost: row.attachedHost === null ? null : hostIdSchema.parse(row.attachedHost),
  };
}
