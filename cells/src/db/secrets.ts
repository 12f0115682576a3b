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

/** Organisations whose secrets this cell has, all of them: others' are asked for before a sandbox of theirs starts. */
export const secretSets = pgTable('secret_sets', {
  orgId: text('org_id').primaryKey(),
  since: timestamp('since', { withTimezone: true, mode: 'date' }).notNull(),
});

/** Secrets removed here before the cell had all of the organisation's: what is brought then must not bring them back. */
export const secretRemovals = pgTable(
  'secret_removals',
  {
    orgId: text('org_id').notNull(),
    name: text('name').notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.name] })],
);
