import { hostIdSchema, sandboxIdSchema } from '@cellbook/shared/ids.ts';
import { and, asc, eq, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { poolMembers as table } from '../db/pool.ts';
import type { Member, PoolStore } from './pool-store.ts';

export function createPostgresPoolStore(database: Database): PoolStore {
  return {
    async begin({ sandboxId, hostId, generation }, nowMs) {
      const changedAt = new Date(nowMs);
      await database.insert(table).values({ sandboxId, hostId, generation, state: 'starting', changedAt });
    },
    async ready(sandboxId, nowMs) {
      const changed = await database
        .update(table)
        .set({ state: 'ready', changedAt: new Date(nowMs) })
        .where(and(eq(table.sandboxId, sandboxId), eq(table.state, 'starting')))
        .returning({ sandboxId: table.sandboxId });
      return changed.length > 0;
    },
    async claim({ hostId, generation }, { workspaceId, epoch }, nowMs) {
      // Locked ones are on their way to somebody else: whoever races takes the next, and nobody waits.
      const oldest = database
        .select({ sandboxId: table.sandboxId })
        .from(table)
        .where(and(eq(table.hostId, hostId), eq(table.generation, generation), eq(table.state, 'ready')))
        .orderBy(asc(table.changedAt), asc(table.sandboxId))
        .limit(1)
        .for('update', { skipLocked: true });
      const [claimed] = await database
        .update(table)
        .set({ state: 'claimed', workspaceId, epoch, changedAt: new Date(nowMs) })
        .where(and(sql`${table.sandboxId} = (${oldest})`, eq(table.state, 'ready')))
        .returning({ sandboxId: table.sandboxId });
      return claimed ? sandboxIdSchema.parse(claimed.sandboxId) : null;
    },
    async retire(sandboxId, seen) {
      const removed = await database
        .delete(table)
        .where(and(eq(table.sandboxId, sandboxId), eq(table.state, seen)))
        .returning({ sandboxId: table.sandboxId });
      return removed.length > 0;
    },
    async remove(sandboxId) {
      await database.delete(table).where(eq(table.sandboxId, sandboxId));
    },
    async listOnHost(hostId) {
      const rows = await database
        .select()
        .from(table)
        .where(eq(table.hostId, hostId))
        .orderBy(asc(table.changedAt));
      return rows.map(toMember);
    },
  };
}

const toMember = (row: typeof table.$inferSelect): Member => ({
  sandboxId: sandboxIdSchema.parse(row.sandboxId),
  hostId: hostIdSchema.parse(row.hostId),
  generation: row.generation,
  state: row.state,
  changedAtMs: row.changedAt.getTime(),
});
