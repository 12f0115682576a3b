/** The rest store in Postgres: each write is one statement that holds only for the newest epoch. */
import { refuseOlderEpoch } from '@cellbook/shared/epoch.ts';
import { hostIdSchema, sandboxIdSchema, type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { tierSchema } from '@cellbook/shared/protocol/principal.ts';
import { and, asc, eq, gt, lte } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { workspaceRests as table } from '../db/rests.ts';
import { snapshotFingerprintSchema } from '../sandbox/snapshot/fingerprint.ts';
import type { Rest } from './rest.ts';
import type { RestStore } from './rest-store.ts';

export function createPostgresRestStore(database: Database): RestStore {
  const of = (workspaceId: WorkspaceId) => eq(table.workspaceId, workspaceId);

  /** Called where a write has found nothing to change: says whether a newer epoch was why. */
  async function refuseIfNewer(workspaceId: WorkspaceId, epoch: number): Promise<void> {
    const [newer] = await database
      .select({ epoch: table.epoch })
      .from(table)
      .where(and(of(workspaceId), gt(table.epoch, epoch)));
    refuseOlderEpoch(epoch, newer?.epoch ?? 0, 'what a suspended workspace keeps', { workspaceId });
  }

  return {
    async get(workspaceId) {
      const [row] = await database.select().from(table).where(of(workspaceId));
      return row ? toRest(row) : null;
    },
    async put(rest) {
      const { workspaceId: _, ...set } = toRow(rest);
      const written = await database
        .insert(table)
        .values(toRow(rest))
        .onConflictDoUpdate({ target: table.workspaceId, set, setWhere: lte(table.epoch, rest.epoch) })
        .returning({ epoch: table.epoch });
      if (written.length === 0) await refuseIfNewer(rest.workspaceId, rest.epoch);
    },
    async remove(workspaceId, epoch) {
      const removed = await database
        .delete(table)
        .where(and(of(workspaceId), lte(table.epoch, epoch)))
        .returning({ epoch: table.epoch });
      if (removed.length === 0) await refuseIfNewer(workspaceId, epoch);
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
  const { workspaceId, epoch, tier, hostId, sandboxId, image, suspendedAtMs, dueAtMs } = rest;
  return {
    ...{ workspaceId, epoch, tier, hostId, sandboxId },
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
    suspendedAtMs: row.suspendedAt.getTime(),
    dueAtMs: row.dueAt.getTime(),
  };
}
