import { kernelIdSchema, sessionIdSchema, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { and, asc, eq } from 'drizzle-orm';
import type { Database } from '../../db/database.ts';
import { frontendConfigs, kernelSessions, kernels, kernelspecCatalogs } from '../../db/kernels.ts';
import {
  type KernelRecord,
  type KernelStore,
  kernelspecCatalogSchema,
  type SessionRecord,
} from './kernel-store.ts';

/** The KernelStore of production. Each call is one statement, but for the two that remove dependents. */
export function createPostgresKernelStore(db: Database): KernelStore {
  return {
    async listKernels(workspaceId) {
      const rows = await db
        .select()
        .from(kernels)
        .where(eq(kernels.workspaceId, workspaceId))
        .orderBy(asc(kernels.createdMs));
      return rows.map(kernelOf);
    },
    async putKernel(record) {
      const target = [kernels.workspaceId, kernels.id];
      await db.insert(kernels).values(record).onConflictDoUpdate({ target, set: record });
    },
    async deleteKernel(workspaceId, kernelId) {
      await db.transaction(async (tx) => {
        await tx
          .delete(kernelSessions)
          .where(and(eq(kernelSessions.workspaceId, workspaceId), eq(kernelSessions.kernelId, kernelId)));
        await tx.delete(kernels).where(and(eq(kernels.workspaceId, workspaceId), eq(kernels.id, kernelId)));
      });
    },
    async listSessions(workspaceId) {
      const rows = await db
        .select()
        .from(kernelSessions)
        .where(eq(kernelSessions.workspaceId, workspaceId))
        .orderBy(asc(kernelSessions.createdMs));
      return rows.map(sessionOf);
    },
    async putSession(record) {
      const target = [kernelSessions.workspaceId, kernelSessions.id];
      await db.insert(kernelSessions).values(record).onConflictDoUpdate({ target, set: record });
    },
    async deleteSession(workspaceId, sessionId) {
      await db
        .delete(kernelSessions)
        .where(and(eq(kernelSessions.workspaceId, workspaceId), eq(kernelSessions.id, sessionId)));
    },
    async getKernelspecs(workspaceId) {
      const [row] = await db
        .select()
        .from(kernelspecCatalogs)
        .where(eq(kernelspecCatalogs.workspaceId, workspaceId));
      return row ? kernelspecCatalogSchema.parse(row.catalog) : null;
    },
    async putKernelspecs(workspaceId, catalog) {
      await db
        .insert(kernelspecCatalogs)
        .values({ workspaceId, catalog })
        .onConflictDoUpdate({ target: kernelspecCatalogs.workspaceId, set: { catalog } });
    },
    async getConfig(workspaceId, userId, section) {
      const [row] = await db
        .select()
        .from(frontendConfigs)
        .where(
          and(
            eq(frontendConfigs.workspaceId, workspaceId),
            eq(frontendConfigs.userId, userId),
            eq(frontendConfigs.section, section),
          ),
        );
      return row?.value ?? null;
    },
    async putConfig(workspaceId, userId, section, value) {
      const target = [frontendConfigs.workspaceId, frontendConfigs.userId, frontendConfigs.section];
      await db
        .insert(frontendConfigs)
        .values({ workspaceId, userId, section, value })
        .onConflictDoUpdate({ target, set: { value } });
    },
    async deleteWorkspace(workspaceId) {
      await db.transaction(async (tx) => {
        for (const table of [kernelSessions, kernels, kernelspecCatalogs, frontendConfigs])
          await tx.delete(table).where(eq(table.workspaceId, workspaceId));
      });
    },
  };
}

function kernelOf(row: typeof kernels.$inferSelect): KernelRecord {
  return {
    ...row,
    id: kernelIdSchema.parse(row.id),
    workspaceId: workspaceIdSchema.parse(row.workspaceId),
  };
}

function sessionOf(row: typeof kernelSessions.$inferSelect): SessionRecord {
  return {
    ...row,
    id: sessionIdSchema.parse(row.id),
    kernelId: kernelIdSchema.parse(row.kernelId),
    workspaceId: workspaceIdSchema.parse(row.workspaceId),
  };
}
