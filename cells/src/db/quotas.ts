/** The quota policy of each organisation, as the edge last said it with a principal; none: its tier's. */
import { jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

export const quotaPolicies = pgTable('quota_policies', {
  orgId: text('org_id').primaryKey(),
  tier: text('tier').notNull(),
  policy: jsonb('policy').notNull(),
  heardAt: timestamp('heard_at', { withTimezone: true, mode: 'date' }).notNull(),
});
