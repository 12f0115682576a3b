/**
 * How much of each organisation's cap of a month this region may spend, where its cap is one over regions: what the edge
 * granted last (edge/src/regions/budgets.ts). An older answer of it than the last changes nothing.
 */
import { bigint, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';

export const regionBudgets = pgTable(
  'region_budgets',
  {
    orgId: text('org_id').notNull(),
    month: text('month').notNull(),
    grantedMicros: bigint('granted_micros', { mode: 'number' }).notNull(),
    /** Of the edge's answer. */
    revision: bigint('revision', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.month] })],
);
