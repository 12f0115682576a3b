/**
 * The region's record. `events` is the truth: append only, one row an event, numbered without a gap by the leader of
 * the epoch; its partitions (made by log/partitions.ts, by range of numbers) are dropped once a snapshot covers them.
 * `leader` is one row that says whose appends are taken. `snapshots` saves replaying from the first event. `asks` is
 * what anybody but the leader wishes to append.
 */
import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  index,
  integer,
  json,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
} from 'drizzle-orm/pg-core';
import { bytea, xid8 } from './column-types.ts';

export const leader = pgTable(
  'leader',
  {
    id: smallint('id').primaryKey().default(1),
    holder: text('holder').notNull(),
    /** Where agents and other instances reach it. */
    url: text('url').notNull(),
    epoch: bigint('epoch', { mode: 'number' }).notNull(),
    /** By Postgres's clock. */
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  },
  (table) => [check('leader_is_one', sql`${table.id} = 1`)],
);

/** The generated SQL is completed by hand: `PARTITION BY RANGE (seq)`, which drizzle cannot say. */
export const events = pgTable(
  'events',
  {
    seq: bigint('seq', { mode: 'number' }).primaryKey(),
    epoch: bigint('epoch', { mode: 'number' }).notNull(),
    /** Null where it is of no job. */
    jobId: text('job_id'),
    type: text('type').notNull(),
    body: json('body').notNull(),
    /** The arrival it took in: `submissions`, `cancel_requests`, `asks`; null where it took none. */
    stream: text('stream'),
    arrivalXid: xid8('arrival_xid'),
    arrivalPosition: bigint('arrival_position', { mode: 'number' }),
  },
  (table) => [index('events_of_job').on(table.jobId, table.seq)],
);

export const snapshots = pgTable('snapshots', {
  /** The last event that is in it. */
  seq: bigint('seq', { mode: 'number' }).primaryKey(),
  /** The last arrival that is in it. */
  watermark: json('watermark').notNull(),
  parts: integer('parts').notNull(),
  madeAt: timestamp('made_at', { withTimezone: true }).notNull().defaultNow(),
});

/** Written before the row of `snapshots` that makes them one. */
export const snapshotParts = pgTable(
  'snapshot_parts',
  {
    seq: bigint('seq', { mode: 'number' }).notNull(),
    part: integer('part').notNull(),
    bytes: bytea('bytes').notNull(),
  },
  (table) => [primaryKey({ columns: [table.seq, table.part] })],
);

/**
 * Read by nobody: how a job ended is in `job_ends` before its events may go. It is there for leaders of the builds that
 * wrote it, which may append beside newer instances while a region is brought up to date.
 */
export const outcomes = pgTable('outcomes', {
  jobId: text('job_id').primaryKey(),
  seq: bigint('seq', { mode: 'number' }).notNull(),
  event: json('event').notNull(),
  attempt: json('attempt'),
  endedMs: bigint('ended_ms', { mode: 'number' }).notNull(),
});

export const asks = pgTable(
  'asks',
  {
    position: bigint('position', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    xid: xid8('xid').notNull().default(sql`pg_current_xact_id()`),
    event: json('event').notNull(),
    askedBy: text('asked_by').notNull(),
    askedAt: timestamp('asked_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [index('asks_in_order').on(table.xid, table.position)],
);
