/**
 * Of regions that this one guards: copies of what they have queued, and how far a claim on one has come. And by whom this
 * region believes itself to be guarded (core/federation/guardian.ts).
 */
import { bigint, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';

const number = (name: string) => bigint(name, { mode: 'number' });

export const queueCopies = pgTable(
  'queue_copies',
  {
    fromRegion: text('from_region').notNull(),
    jobId: text('job_id').notNull(),
    epoch: number('epoch').notNull(),
    turn: integer('turn').notNull(),
    /** `queued`, `released` or `taken`. */
    state: text('state').notNull(),
    /** Null: there is nothing left to take, only to remember until no older message can come. */
    spec: jsonb('spec'),
    request: jsonb('request'),
    atMs: number('at_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.fromRegion, table.jobId] }),
    index('queue_copies_to_take').on(table.fromRegion, table.epoch, table.state, table.jobId),
  ],
);

export const guardedRegions = pgTable('guarded_regions', {
  fromRegion: text('from_region').primaryKey(),
  /** Of the last claim whose taking is done; 0: none. */
  doneEpoch: number('done_epoch').notNull(),
  doneMs: number('done_ms').notNull(),
  /** The last epoch under which it has told anything, since when it was guarded without a gap, the last told whole. */
  heardEpoch: number('heard_epoch').notNull().default(0),
  sinceEpoch: number('since_epoch').notNull().default(0),
  toldEpoch: number('told_epoch').notNull().default(0),
});

/** One row. */
export const guardianship = pgTable('guardianship', {
  id: integer('id').primaryKey(),
  epoch: number('epoch').notNull(),
  guardian: text('guardian'),
});
