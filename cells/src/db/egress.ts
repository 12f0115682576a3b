/** Connections out of sandboxes, one row each (cells/src/egress/egress-log.ts). Kept beyond their workspace, for a time. */
import { bigint, index, integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

export const egressConnections = pgTable(
  'egress_connections',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    /** The connection's own: a batch that is written twice is there once. */
    recordId: text('record_id').unique(),
    workspaceId: text('workspace_id').notNull(),
    sandboxId: text('sandbox_id').notNull(),
    startedAt: timestamp('started_at', { withTimezone: true, mode: 'date' }).notNull(),
    durationMs: integer('duration_ms').notNull(),
    host: text('host').notNull(),
    port: integer('port').notNull(),
    address: text('address'),
    result: text('result').notNull(),
    bytesUp: bigint('bytes_up', { mode: 'number' }).notNull(),
    bytesDown: bigint('bytes_down', { mode: 'number' }).notNull(),
  },
  (table) => [
    index('egress_by_workspace').on(table.workspaceId, table.startedAt),
    index('egress_by_age').on(table.startedAt),
  ],
);
