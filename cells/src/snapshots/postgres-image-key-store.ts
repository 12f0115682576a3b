/** The image key store in Postgres. */
import { type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { and, asc, eq, lt, ne, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { imageKeys as table } from '../db/image-keys.ts';
import type { ImageKeyStore } from './image-key-store.ts';

export function createPostgresImageKeyStore(database: Database): ImageKeyStore {
  const of = (workspaceId: WorkspaceId) => eq(table.workspaceId, workspaceId);
  const sealedColumns = { text: table.sealed, keyId: table.keyId };
  return {
    async get(workspaceId) {
      const [row] = await database.select(sealedColumns).from(table).where(of(workspaceId));
      return row ?? null;
    },
    async keep({ workspaceId, sealed: { text, keyId } }) {
      const [row] = await database
        .insert(table)
        .values({ workspaceId, sealed: text, keyId })
        // Nothing changes, and what is there is given.
        .onConflictDoUpdate({ target: table.workspaceId, set: { keyId: sql`${table.keyId}` } })
        .returning(sealedColumns);
      if (!row) throw new Error('an upsert gave no row');
      return row;
    },
    async remove(workspaceId) {
      await database.delete(table).where(of(workspaceId));
    },
    async beginRemote(workspaceId, nowMs) {
      const begun = await database
        .update(table)
        .set({ remoteSince: new Date(nowMs) })
        .where(of(workspaceId))
        .returning({ workspaceId: table.workspaceId });
      return begun.length > 0;
    },
    async listRemote(beforeMs, limit) {
      const rows = await database
        .select({ workspaceId: table.workspaceId, since: table.remoteSince })
        .from(table)
        .where(lt(table.remoteSince, new Date(beforeMs)))
        .orderBy(asc(table.remoteSince))
        .limit(limit);
      return rows.flatMap(({ workspaceId, since }) =>
        since ? [{ workspaceId: workspaceIdSchema.parse(workspaceId), sinceMs: since.getTime() }] : [],
      );
    },
    async endRemote(workspaceId, sinceMs) {
      const ended = await database
        .update(table)
        .set({ remoteSince: null })
        .where(and(of(workspaceId), eq(table.remoteSince, new Date(sinceMs))))
        .returning({ workspaceId: table.workspaceId });
      return ended.length > 0;
    },
    async wrappedByOthers(keyId, limit) {
      const rows = await database.select().from(table).where(ne(table.keyId, keyId)).limit(limit);
      return rows.map((row) => ({
        workspaceId: workspaceIdSchema.parse(row.workspaceId),
        sealed: { text: row.sealed, keyId: row.keyId },
      }));
    },
    async reseal({ workspaceId, sealed }, after) {
      const written = await database
        .update(table)
        .set({ sealed: after.text, keyId: after.keyId })
        .where(and(of(workspaceId), eq(table.sealed, sealed.text)))
        .returning({ workspaceId: table.workspaceId });
      return written.length > 0;
    },
  };
}
