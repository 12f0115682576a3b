/**
 * The rest store in Postgres: a write holds only for the newest epoch. What is put is held against the workspace's
 * own row as well: once a rest is taken back nothing here remembers whose it was, and an image that a paused
 * controller had made would come back behind what its owner has seen since.
 */
import { refuseOlderEpoch } from '@cellbook/shared/epoch.ts';
import { hostIdSchema, sandboxIdSchema, type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { tierSchema } from '@cellbook/shared/protocol/principal.ts';
import { and, asc, eq, inArray, isNotNull, lte } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { workspaceRests as table } from '../db/rests.ts';
import { workspaces } from '../db/workspaces.ts';
import { snapshotFingerprintSchema } from '../sandbox/snapshot/fingerprint.ts';
import type { Rest } from './rest.ts';
import type { RestStore } from './rest-store.ts';

export function createPostgresRestStore(database: Database): RestStore {
  const of = (workspaceId: WorkspaceId) => eq(table.workspaceId, workspaceId);

  /** Called where a write has found nothing to change: says whether a newer epoch was why. */
  async function refuseIfNewer(workspaceId: WorkspaceId, epoch: number, atLeast = 0): Promise<void> {
    const [kept] = await database.select({ epoch: table.epoch }).from(table).where(of(workspaceId));
    const newest = Math.max(atLeast, kept?.epoch ?? 0);
    refuseOlderEpoch(epoch, newest, 'what a suspended workspace keeps', { workspaceId });
  }

  return {
    async get(workspaceId) {
      const [row] = await database.select().from(table).where(of(workspaceId));
      return row ? toRest(row) : null;
    },
    async put(rest) {
      const { workspaceId, ...set } = toRow(rest);
      let ofRow = 0;
      const written = await database.transaction(async (tx) => {
        // Shared until it is written: nobody takes the workspace over in between.
        const own = eq(workspaces.id, workspaceId);
        const [row] = await tx.select({ epoch: workspaces.epoch }).from(workspaces).where(own).for('share');
        ofRow = row?.epoch ?? 0;
        if (ofRow > rest.epoch) return [];
        return tx
          .insert(table)
          .values(toRow(rest))
          .onConflictDoUpdate({ target: table.workspaceId, set, setWhere: lte(table.epoch, rest.epoch) })
          .returning({ epoch: table.epoch });
      });
      if (written.length === 0) await refuseIfNewer(rest.workspaceId, rest.epoch, ofRow);
    },
    async remove(workspaceId, epoch) {
      const removed = await database
        .delete(table)
        .where(and(of(workspaceId), lte(table.epoch, epoch)))
        .returning({ epoch: table.epoch });
      if (removed.length === 0) await refuseIfNewer(workspaceId, epoch);
    },
    async noteRemote(workspaceId, sandboxId) {
      const noted = await database
        .update(table)
        .set({ remote: true })
        .where(and(of(workspaceId), eq(table.sandboxId, sandboxId), isNotNull(table.imageBytes)))
        .returning({ epoch: table.epoch });
      return noted.length > 0;
    },
    async listUnsent(hostIds, limit) {
      const rows = await database
        .select()
        .from(table)
        .where(and(inArray(table.hostId, [...hostIds]), isNotNull(table.imageBytes), eq(table.remote, false)))
        .orderBy(asc(table.suspendedAt))
        .limit(limit);
      return rows.map(toRest);
    },
    async listDue(nowMs, limit) {
      const rows = await database
        .select({ id: table.workspaceId })
        .from(table)
        .where(lte(table.dueAt, new Date(nowMs)))
        .orderBy(asc(table.dueAt))
        .limit(limit);
      return rows.map(({ id }) => workspaceIdSchema.parse(id));
    },
    async listOnHost(hostId) {
      return (await database.select().from(table).where(eq(table.hostId, hostId))).map(toRest);
    },
  };
}

function toRow(rest: Rest): typeof table.$inferInsert {
  const { workspaceId, epoch, tier, hostId, sandboxId, image, remote, suspendedAtMs, dueAtMs } = rest;
  return {
    ...{ workspaceId, epoch, tier, hostId, sandboxId, remote },
    imageBytes: image?.bytes ?? null,
    imageFingerprint: image?.fingerprint ?? null,
    suspendedAt: new Date(suspendedAtMs),
    dueAt: new Date(dueAtMs),
  };
}

function toRest(row: typeof table.$inferSelect): Rest {
  const { imageBytes: bytes, imageFingerprint } = row;
  return {
    workspaceId: workspaceIdSchema.parse(row.workspaceId),
    epoch: row.epoch,
    tier: tierSchema.parse(row.tier),
    hostId: hostIdSchema.parse(row.hostId),
    sandboxId: sandboxIdSchema.parse(row.sandboxId),
    image: bytes === null ? null : { bytes, fingerprint: snapshotFingerprintSchema.parse(imageFingerprint) },
    remote: row.remote,
    suspendedAtMs: row.suspendedAt.getTime(),
    dueAtMs: row.dueAt.getTime(),
  };
}
