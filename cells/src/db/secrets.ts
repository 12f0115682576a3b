/** Secrets of users and organisations, sealed (cells/src/secrets/seal.ts). No key is in this database. */
import { index, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

export const secrets = pgTable(
  'secrets',
  {
    /** A user's id or an organisation's. */
    owner: text('owner').notNull(),
    name: text('name').notNull(),
    /** A JWE; it opens only under this owner and name. */
    sealed: text('sealed').notNull(),
    /** The master key that wraps it. */
    keyId: text('key_id').notNull(),
    valueBytes: integer('value_bytes').notNull(),
    updatedAt: timestamp('updated_at', { withTimezone: true, mode: 'date' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.owner, table.name] }), index('secrets_by_key').on(table.keyId)],
);
