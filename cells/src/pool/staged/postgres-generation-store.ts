import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { Database } from '../../db/database.ts';
import { poolGenerations as table } from '../../db/pool.ts';
import type { GenerationStore, Stage } from './generation-store.ts';
import { noCounts } from './judge.ts';

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
        await transaction.insert(table).values({ generation, stage, stagedAt: new Date(nowMs) });
      });
    },
    async count(generation, { tried, crashed, claims, slow }) {
      await database
        .update(table)
        .set({
          tried: sql`${table.tried} + ${tried}`,
          crashed: sql`${table.crashed} + ${crashed}`,
          claims: sql`${table.claims} + ${claims}`,
          slow: sql`${table.slow} + ${slow}`,
        })
        .where(eq(table.generation, generation));
    },
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
