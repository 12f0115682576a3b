/** What is told to others of a job, and what an attempt wrote last. */
import { bigint, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';

const moment = (name: string) => bigint(name, { mode: 'number' });

/** Written in the transaction that takes note of the job's end; done when the receiver has answered 2xx. */
export const webhookOutbox = pgTable(
  'webhook_outbox',
  {
    /** Of job and purpose: one end is one delivery, however often it is noted. */
    id: text('id').primaryKey(),
    jobId: text('job_id').notNull(),
    orgId: text('org_id').notNull(),
    url: text('url').notNull(),
    body: text('body').notNull(),
    state: text('state').notNull(),
    attempts: integer('attempts').notNull().default(0),
    problem: text('problem').notNull().default(''),
    /** When it is tried next; a process that takes it moves it on by its lease. */
    dueMs: moment('due_ms').notNull(),
    madeMs: moment('made_ms').notNull(),
  },
  (table) => [
    index('webhook_outbox_due').on(table.state, table.dueMs),
    index('webhook_outbox_of_job').on(table.jobId),
  ],
);

export const attemptLogs = pgTable(
  'attempt_logs',
  {
    jobId: text('job_id').notNull(),
    attemptId: text('attempt_id').notNull(),
    tail: text('tail').notNull(),
    atMs: moment('at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.attemptId] })],
);
