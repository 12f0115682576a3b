/**
 * What was asked for, as it was acknowledged: append only. The leader takes both tables in the order of (xid,
 * position), below the oldest transaction still under way, so that one which commits late is not overlooked.
 */
import { sql } from 'drizzle-orm';
import { bigint, index, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { xid8 } from './column-types.ts';

const position = () => bigint('position', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity();
const xid = () => xid8('xid').notNull().default(sql`pg_current_xact_id()`);
const moment = (name: string) => bigint(name, { mode: 'number' });

export const submissions = pgTable(
  'submissions',
  {
    position: position(),
    xid: xid(),
    jobId: text('job_id').notNull(),
    orgId: text('org_id').notNull(),
    userId: text('user_id').notNull(),
    tier: text('tier').notNull(),
    kind: text('kind').notNull(),
    /** The JobSpec; null where nothing is to run, for another job's result is this one's. */
    spec: jsonb('spec'),
    /** What the scheduler need not hold in memory: prompt, parameters, name, labels, webhook, who asked from where. */
    request: jsonb('request').notNull(),
    submittedMs: moment('submitted_ms').notNull(),
    /** Of a user; null where it came by a repeat or from another region. */
    idempotencyKey: text('idempotency_key'),
    bodyHash: text('body_hash'),
    /** Of requests that may have one another's result. */
    fingerprint: text('fingerprint'),
    sameAs: text('same_as'),
    /** Of a job that another region has handed over: whose, and which of its handoffs. */
    handoff: text('handoff'),
  },
  (table) => [
    uniqueIndex('submissions_job').on(table.jobId),
    uniqueIndex('submissions_key').on(table.orgId, table.userId, table.idempotencyKey),
    index('submissions_in_order').on(table.xid, table.position),
    index('submissions_kept').on(table.tier, table.submittedMs),
    index('submissions_of_org').on(table.orgId, table.submittedMs, table.jobId),
    index('submissions_alike')
      .on(table.orgId, table.fingerprint)
      .where(sql`${table.fingerprint} is not null and ${table.spec} is not null`),
    index('submissions_repeating')
      .on(table.userId, table.orgId)
      .where(sql`jsonb_typeof(${table.request} -> 'repeats') = 'object'`),
    index('submissions_repeating_of_org')
      .on(table.orgId)
      .where(sql`jsonb_typeof(${table.request} -> 'repeats') = 'object'`),
    index('submissions_same_as').on(table.sameAs).where(sql`${table.sameAs} is not null`),
  ],
);

export const cancelRequests = pgTable(
  'cancel_requests',
  {
    position: position(),
    xid: xid(),
    jobId: text('job_id').notNull(),
    askedBy: text('asked_by').notNull(),
    askedMs: moment('asked_ms').notNull(),
  },
  (table) => [
    index('cancel_requests_in_order').on(table.xid, table.position),
    index('cancel_requests_of_job').on(table.jobId),
  ],
);
