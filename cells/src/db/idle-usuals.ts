/** What a user has chosen for those of his workspaces that have no idle time of their own (quotas/idle-usuals.ts). */
import { integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';

export const idleUsuals = pgTable(
  'idle_usuals',
  {
    ownerId: text('owner_id').notNull(),
    orgId: text('org_id').notNull(),
    /** Null: never. */
    seconds: integer('seconds'),
  },
  (table) => [primaryKey({ columns: [table.ownerId, table.orgId] })],
);
