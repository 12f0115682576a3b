/** Who has left an organisation, as the edge has told this cell (../departures). */
import { boolean, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

export const departures = pgTable(
  'departures',
  {
    userId: text('user_id').notNull(),
    orgId: text('org_id').notNull(),
    leftAt: timestamp('left_at', { withTimezone: true, mode: 'date' }).notNull(),
    /** What was kept here for his return is gone, or is his by another membership. */
    settled: boolean('settled').notNull().default(false),
  },
  (table) => [primaryKey({ columns: [table.userId, table.orgId] })],
);

/** One row: the number that this cell was told up to. */
export const departuresTold = pgTable('departures_told', {
  one: boolean('one').primaryKey().default(true),
  upTo: integer('up_to').notNull(),
});
