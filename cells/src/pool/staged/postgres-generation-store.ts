import { limits } from '@cellbook/shared/limits.ts';
import { and, asc, desc, eq, gt, inArray, notInArray, sql } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import type { Database } from '../../db/database.ts';
import { poolGenerationOwners as owners, poolGenerations as table } from '../../db/pool.ts';
import type { GenerationStore, Stage } from './generation-store.ts';
import { noCounts, type OwnerCounts, sumOf } from './judge.ts';

/** Generations change seldom: whoever changes them has them alone. */
const alone = sql`lock table ${table} in share row exclusive mode`;

export function createPostgresGenerationStore(database: Database): GenerationStore {
  const isStage = (stage: Stage) => eq(table.stage, stage);
  return {
    async list() {
      const rows = await database.select().from(table).orderBy(asc(table.stagedAt));
      return rows.map(({ stagedAt, ...row }) => ({ ...row, stagedAtMs: stagedAt.getTime() }));
    },
    async introduce(generation, nowMs) {
      await database.transaction(async (transaction) => {
        await transaction.execute(alone);
        const known = await transaction.select().from(table);
        if (known.some((each) => each.generation === generation)) return;
        const stage = known.some((each) => each.stage === 'current') ? 'candidate' : 'current';
        await transaction.update(table).set(noCounts).where(isStage('current'));
        const candidates = known.flatMap((each) => (each.stage === 'candidate' ? each.generation : []));
        await transaction.delete(owners).where(notInArray(owners.generation, candidates));
        await transaction.insert(table).values({ generation, stage, stagedAt: new Date(nowMs) });
      });
    },
    async count(generation, counts, owner) {
      const { tried, crashed, claims, slow } = counts;
      const found = await database
        .update(table)
        .set({
          tried: sql`${table.tried} + ${tried}`,
          crashed: sql`${table.crashed} + ${crashed}`,
          claims: sql`${table.claims} + ${claims}`,
          slow: sql`${table.slow} + ${slow}`,
        })
        .where(eq(table.generation, generation))
        .returning({ generation: table.generation });
      if (found.length > 0 && owner !== null)
        await countOwned(database, { generation, ownerId: owner, ...counts });
    },
    ownersOf: (generation) => ownersOf(database, generation),
    promote(generation, nowMs) {
      return database.transaction(async (transaction) => {
        await transaction.execute(alone);
        const isIt = and(eq(table.generation, generation), inArray(table.stage, ['candidate', 'past']));
        const [found] = await transaction.select().from(table).where(isIt);
        if (!found) return false;
        const stagedAt = new Date(nowMs);
        await transaction.update(table).set({ stage: 'past', stagedAt }).where(isStage('current'));
        await transaction
          .update(table)
          .set({ stage: 'current', stagedAt })
          .where(eq(table.generation, generation));
        return true;
      });
    },
    async rollBack(generation, nowMs) {
      const changed = await database
        .update(table)
        .set({ stage: 'rolled_back', stagedAt: new Date(nowMs) })
        .where(and(eq(table.generation, generation), isStage('candidate')))
        .returning({ generation: table.generation });
      return changed.length > 0;
    },
  };
}

async function countOwned(database: Database, more: typeof owners.$inferInsert): Promise<void> {
  await database
    .insert(owners)
    .values(more)
    .onConflictDoUpdate({
      target: [owners.generation, owners.ownerId],
      set: {
        tried: sql`${owners.tried} + excluded.tried`,
        crashed: sql`${owners.crashed} + excluded.crashed`,
        claims: sql`${owners.claims} + excluded.claims`,
        slow: sql`${owners.slow} + excluded.slow`,
      },
    });
}

const columns = { tried: owners.tried, crashed: owners.crashed, claims: owners.claims, slow: owners.slow };

async function ownersOf(database: Database, generation: string): Promise<OwnerCounts> {
  const isOfIt = eq(owners.generation, generation);
  const most = (column: typeof owners.crashed | typeof owners.slow) =>
    database
      .select(columns)
      .from(owners)
      .where(and(isOfIt, gt(column, 0)))
      .orderBy(desc(column), asc(owners.ownerId))
      .limit(limits.pool.staged.ownersLeftOut);
  const sum = (column: AnyPgColumn) => sql<number>`coalesce(sum(${column}), 0)::int`;
  const [[sums], mostCrashed, mostSlow] = await Promise.all([
    database
      .select({
        ...{ tried: sum(owners.tried), crashed: sum(owners.crashed) },
        ...{ claims: sum(owners.claims), slow: sum(owners.slow) },
        owners: sql<number>`count(*)::int`,
        ownersCrashed: sql<number>`(count(*) filter (where ${owners.crashed} > 0))::int`,
        ownersSlow: sql<number>`(count(*) filter (where ${owners.slow} > 0))::int`,
      })
      .from(owners)
      .where(isOfIt),
    most(owners.crashed),
    most(owners.slow),
  ]);
  const {
    owners: count,
    ownersCrashed,
    ownersSlow,
    ...all
  } = sums ?? { ...noCounts, owners: 0, ownersCrashed: 0, ownersSlow: 0 };
  return {
    ...{ all, mostCrashed: sumOf(mostCrashed), mostSlow: sumOf(mostSlow) },
    ...{ owners: count, ownersCrashed, ownersSlow },
  };
}
