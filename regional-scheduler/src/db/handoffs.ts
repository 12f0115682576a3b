/** What this region has answered to offers of other regions: once answered, the same for ever. */
import { bigint, boolean, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';

export const handoffs = pgTable(
  'handoffs',
  {
    jobId: text('job_id').notNull(),
    fromRegion: text('from_region').notNull(),
    handoff: integer('handoff').notNull(),
    taken: boolean('taken').notNull(),
    because: text('because').notNull(),
    atMs: bigint('at_ms', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.jobId, table.fromRegion, table.handoff] }),
    index('handoffs_by_time').on(table.atMs),
  ],
);
