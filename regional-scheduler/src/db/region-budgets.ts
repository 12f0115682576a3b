/**
 * How much of each cap of a month, an organisation's or a user's in it, this region may spend, where caps are one over
 * regions: what the edge granted last (edge/src/regions/budgets.ts). An older answer of it than the last changes nothing.
 */
import { bigint, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';

export const regionBudgets = pgTable(
  'region_budgets',
  {
    /** As `job_accounts` names them: the organisation's id, or `organisation/user`. */
    holder: text('org_id').notNull(),
    month: text('month').notNull(),
    grantedMicros: bigint('granted_micros', { mode: 'number' }).notNull(),
    /** Of the edge's answer. */
    revision: bigint('revision', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.holder, table.month] })],
);
