/** The quota policy of each organisation, as the edge last said it with a principal; none: its tier's. */
import { boolean, integer, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

export const quotaPolicies = pgTable('quota_policies', {
  orgId: text('org_id').primaryKey(),
  tier: text('tier').notNull(),
  policy: jsonb('policy').notNull(),
  heardAt: timestamp('heard_at', { withTimezone: true, mode: 'date' }).notNull(),
});

/** What of an organisation's quota this cell goes by (shared/src/quota/holder.ts); none: it has not asked yet. */
export const quotaShares = pgTable('quota_shares', {
  orgId: text('org_id').primaryKey(),
  ask: integer('ask').notNull(),
  allowed: jsonb('allowed').notNull(),
  told: jsonb('told').notNull(),
  usedElsewhere: jsonb('used_elsewhere').notNull(),
  whole: boolean('whole').notNull(),
  endsAt: timestamp('ends_at', { withTimezone: true, mode: 'date' }).notNull(),
  answeredAt: timestamp('answered_at', { withTimezone: true, mode: 'date' }).notNull(),
  /** Of `allowed`, for the statement that counts: memory is counted in sandboxes there. */
  workspaces: integer('workspaces').notNull(),
  running: integer('running').notNull(),
});
