/** The store of departures in Postgres. */
import { userIdSchema } from '@cellbook/shared/ids.ts';
import { and, eq, inArray, lt, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { departuresTold, departures as table } from '../db/departures.ts';
import type { DepartureStore } from './departure-store.ts';

export function createPostgresDepartureStore(database: Database): DepartureStore {
  return {
    async upTo() {
      const [row] = await database.select().from(departuresTold);
      return row?.upTo ?? 0;
    },
    async learn(departures, upTo) {
      await database.transaction(async (tx) => {
        for (const { user, org, leftAtMs } of departures) {
          const isTheirs = and(eq(table.userId, user), eq(table.orgId, org));
          if (leftAtMs === null) await tx.delete(table).where(isTheirs);
          else {
            const leftAt = new Date(leftAtMs);
            await tx
              .insert(table)
              .values({ userId: user, orgId: org, leftAt })
              .onConflictDoUpdate({
                ...{ target: [table.userId, table.orgId], set: { leftAt, settled: false } },
                setWhere: sql`${table.leftAt} <> excluded.left_at`,
              });
          }
        }
        await tx
          .insert(departuresTold)
          .values({ upTo })
          .onConflictDoUpdate({ target: departuresTold.one, set: { upTo } });
      });
    },
    hasLeft: async (user, org) =>
      (await database.$count(table, and(eq(table.userId, user), eq(table.orgId, org)))) > 0,
    async overdue(beforeMs, limit) {
      const isOver = lt(table.leftAt, new Date(beforeMs));
      const rows = await database
        .select({ userId: table.userId })
        .from(table)
        .groupBy(table.userId)
        .having(sql`bool_and(${isOver}) and not bool_and(${table.settled})`)
        .orderBy(sql`min(${table.leftAt}) filter (where not ${table.settled})`)
        .limit(limit);
      return rows.map(({ userId }) => userIdSchema.parse(userId));
    },
    async settle(users, beforeMs) {
      if (users.length === 0) return;
      const isOver = lt(table.leftAt, new Date(beforeMs));
      await database
        .update(table)
        .set({ settled: true })
        .where(and(inArray(table.userId, [...users]), isOver));
    },
  };
}
