/** The keys that images of sandboxes' memory are sealed with, themselves sealed (snapshots/image-keys.ts). */
import { index, pgTable, text } from 'drizzle-orm/pg-core';

export const imageKeys = pgTable(
  'image_keys',
  {
    workspaceId: text('workspace_id').primaryKey(),
    /** A JWE; it opens only under this workspace. */
    sealed: text('sealed').notNull(),
    /** The master key that wraps it. */
    keyId: text('key_id').notNull(),
  },
  (table) => [index('image_keys_by_key').on(table.keyId)],
);
