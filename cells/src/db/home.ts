/** Which users live in this cell, and the pin document by which it knows. */
import { bigint, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

/** One row: the newest document that was taken. */
export const pinDocuments = pgTable('pin_documents', {
  name: text('name').primaryKey(),
  epoch: bigint('epoch', { mode: 'number' }).notNull(),
  jws: text('jws').notNull(),
});

/** Everybody who was ever served as a user of this cell: what they have here is not to be left behind. */
export const residents = pgTable('residents', {
  userId: text('user_id').primaryKey(),
  /** Null: known only by what they own, from before regions were written down; the cell's own. */
  region: text('region'),
  since: timestamp('since', { withTimezone: true, mode: 'date' }).notNull(),
});
