/** The keys that images of sandboxes' memory are sealed with, themselves sealed (snapshots/image-keys.ts). */
import { index, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

export const imageKeys = pgTable(
  'image_keys',
  {
    workspaceId: text('workspace_id').primaryKey(),
    /** A JWE; it opens only under this workspace. */
    sealed: text('sealed').notNull(),
    /** The master key that wraps it. */
    keyId: text('key_id').notNull(),
    /** When images of it were last begun to be sent to the object store; null where nothing of it is there. */
    remoteSince: timestamp('remote_since', { withTimezone: true, mode: 'date' }),
  },
  (table) => [
    index('image_keys_by_key').on(table.keyId),
    index('image_keys_by_remote').on(table.remoteSince),
  ],
);
