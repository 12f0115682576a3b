import { hostIdSchema, sandboxIdSchema } from '@cellbook/shared/ids.ts';
import { type AnyColumn, and, asc, eq, inArray, ne, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { poolMembers as table } from '../db/pool.ts';
import { type Member, openTo, type PoolStore, tiers } from './pool-store.ts';

export function createPostgresPoolStore(database: Database): PoolStore {
  return {
    async begin(member, nowMs) {
      const changedAt = new Date(nowMs);
      await database.insert(table).values({ ...member, state: 'starting', changedAt });
    },
    async ready(sandboxId, nowMs) {
      const changed = await database
        .update(table)
        .set({ state: 'ready', changedAt: new Date(nowMs) })
        .where(and(eq(table.sandboxId, sandboxId), eq(table.state, 'starting')))
        .returning({ sandboxId: table.sandboxId });
      return changed.length > 0;
    },
    async claim({ hostId, generations }, { workspaceId, epoch, tier }, nowMs) {
      if (generations.length === 0) return null;
      // Locked ones are on their way to somebody else: whoever races takes the next, and nobody waits.
      const oldest = database
        .select({ sandboxId: table.sandboxId })
        .from(table)
        .where(
          and(
            eq(table.hostId, hostId),
            eq(table.state, 'ready'),
            inArray(table.generation, [...generations]),
            inArray(table.forTier, [...openTo(tier)]),
          ),
        )
        .orderBy(
          placeIn(generations, table.generation),
          placeIn(tiers, table.forTier),
          asc(table.changedAt),
          asc(table.sandboxId),
        )
        .limit(1)
        .for('update', { skipLocked: true });
      const [claimed] = await database
        .update(table)
        .set({ state: 'claimed', workspaceId, epoch, changedAt: new Date(nowMs) })
        .where(and(sql`${table.sandboxId} = (${oldest})`, eq(table.state, 'ready')))
        .returning({ sandboxId: table.sandboxId, generation: table.generation });
      if (!claimed) return null;
      return { sandboxId: sandboxIdSchema.parse(claimed.sandboxId), generation: claimed.generation };
    },
    async keepFor(sandboxId, forTier) {
      await database
        .update(table)
        .set({ forTier })
        .where(and(eq(table.sandboxId, sandboxId), ne(table.state, 'claimed')));
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

/** Where a column's value stands in a list. */
const placeIn = (list: readonly string[], column: AnyColumn): SQL =>
  sql`array_position(array[${sql.join(
    list.map((one) => sql`${one}::text`),
    sql`, `,
  )}], ${column})`;

const toMember = (row: typeof table.$inferSelect): Member => ({
  sandboxId: sandboxIdSchema.parse(row.sandboxId),
  hostId: hostIdSchema.parse(row.hostId),
  generation: row.generation,
  forTier: row.forTier,
  state: row.state,
  changedAtMs: row.changedAt.getTime(),
});
