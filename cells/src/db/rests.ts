/** What suspended workspaces keep of their memory (ladder/rest.ts). */
import { bigint, boolean, index, integer, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

const moment = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

export const workspaceRests = pgTable(
  'workspace_rests',
  {
    workspaceId: text('workspace_id').primaryKey(),
    epoch: integer('epoch').notNull(),
    tier: text('tier').notNull(),
    hostId: text('host_id').notNull(),
    sandboxId: text('sandbox_id').notNull(),
    /** Null while it is frozen; both are set together. */
    imageBytes: bigint('image_bytes', { mode: 'number' }),
    imageFingerprint: jsonb('image_fingerprint'),
    /** The image is in the object store too. */
    remote: boolean('remote').notNull().default(false),
    suspendedAt: moment('suspended_at').notNull(),
    dueAt: moment('due_at').notNull(),
  },
  (table) => [
    index('workspace_rests_by_due').on(table.dueAt),
    index('workspace_rests_by_host').on(table.hostId),
  ],
);
