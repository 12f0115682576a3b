/** Sandboxes of the warm pool that are nobody's yet, or are becoming somebody's (pool/pool-store.ts). */
import { index, integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

export const poolMembers = pgTable(
  'pool_members',
  {
    sandboxId: text('sandbox_id').primaryKey(),
    hostId: text('host_id').notNull(),
    generation: text('generation').notNull(),
    state: text('state', { enum: ['starting', 'ready', 'claimed'] }).notNull(),
    /** Who has claimed it; both are set together. */
    workspaceId: text('workspace_id'),
    epoch: integer('epoch'),
    changedAt: timestamp('changed_at', { withTimezone: true, mode: 'date' }).notNull(),
  },
  (table) => [index('pool_members_by_host').on(table.hostId, table.state, table.changedAt)],
);
