/**
 * What holders (organisations, and users within them) hold and have spent. `job_holds` is the truth: a row for each
 * admitted job that has not ended; `job_accounts` is its sum by month, kept in the transaction that changes it.
 */
import {
  bigint,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
} from 'drizzle-orm/pg-core';

const moment = (name: string) => bigint(name, { mode: 'number' });

export const jobAccounts = pgTable(
  'job_accounts',
  {
    /** `org-…`, or `org-…/user-…`. */
    holder: text('holder').notNull(),
    /** `2026-11`, UTC: of when it was reserved. */
    month: text('month').notNull(),
    unfinished: integer('unfinished').notNull().default(0),
    reservedMicros: bigint('reserved_micros', { mode: 'number' }).notNull().default(0),
    spentMicros: bigint('spent_micros', { mode: 'number' }).notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.holder, table.month] })],
);

export const jobHolds = pgTable('job_holds', {
  jobId: text('job_id').primaryKey(),
  orgId: text('org_id').notNull(),
  userId: text('user_id').notNull(),
  month: text('month').notNull(),
  micros: bigint('micros', { mode: 'number' }).notNull(),
});

/** How a job ended, whole, as readers are shown it: its events go with their partition. */
export const jobEnds = pgTable(
  'job_ends',
  {
    jobId: text('job_id').primaryKey(),
    orgId: text('org_id').notNull(),
    phase: text('phase').notNull(),
    view: jsonb('view').notNull(),
    costMicros: bigint('cost_micros', { mode: 'number' }).notNull(),
    endedMs: moment('ended_ms').notNull(),
    /** Null: it left none, or its time is over. */
    resultKey: text('result_key'),
    resultUntilMs: moment('result_until_ms'),
  },
  (table) => [index('job_ends_due').on(table.resultUntilMs)],
);

/** How far somebody has read the log, who does something with each job's end once. */
export const logCursors = pgTable('log_cursors', {
  name: text('name').primaryKey(),
  seq: bigint('seq', { mode: 'number' }).notNull(),
});

/** Buckets of tokens, where Redis cannot be asked. */
export const rateBuckets = pgTable('rate_buckets', {
  name: text('name').primaryKey(),
  tokens: doublePrecision('tokens').notNull(),
  atMs: moment('at_ms').notNull(),
});
