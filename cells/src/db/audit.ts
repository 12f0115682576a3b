/**
 * The audit log's tables. `audit_events` and `audit_statements` are append-only, which triggers (in the migration
 * named for them) hold against everybody but a superuser who drops them; against those there is the hash chain
 * (shared/src/audit). `audit_intents` is not part of the chain: what has been begun and not yet ended, and what
 * a transaction leaves for the writer to append.
 */
import { bigint, boolean, index, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

const moment = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });
const sequence = () => bigint('seq', { mode: 'number' });

export const auditEvents = pgTable(
  'audit_events',
  {
    seq: sequence().primaryKey(),
    prev: text('prev').notNull(),
    hash: text('hash').notNull(),
    /** The event as canonical JSON: the very text that is hashed. */
    body: text('body').notNull(),
    /** From here on, what the body says too, to find it by. */
    at: moment('at').notNull(),
    orgId: text('org_id'),
    actorId: text('actor_id').notNull(),
    action: text('action').notNull(),
    resourceId: text('resource_id'),
    outcome: text('outcome').notNull(),
  },
  (table) => [
    index('audit_events_by_org').on(table.orgId, table.seq),
    index('audit_events_by_actor').on(table.actorId, table.seq),
    index('audit_events_by_resource').on(table.resourceId, table.seq),
  ],
);

export const auditIntents = pgTable(
  'audit_intents',
  {
    id: text('id').primaryKey(),
    body: text('body').notNull(),
    /** Ended: to be appended as it is. Otherwise it waits for its end, or for its writer's. */
    ready: boolean('ready').notNull(),
    /** The process that began it. */
    writer: text('writer').notNull(),
    /** When it counts as abandoned. */
    until: moment('until').notNull(),
  },
  (table) => [index('audit_intents_by_until').on(table.ready, table.until)],
);

export const auditStatements = pgTable(
  'audit_statements',
  {
    kind: text('kind').notNull(),
    seq: sequence().notNull(),
    /** A compact JWS (shared/src/audit/statements.ts). */
    jws: text('jws').notNull(),
  },
  (table) => [primaryKey({ columns: [table.kind, table.seq] })],
);

/** How long an organisation's events are kept, as its requests last said. */
export const auditPolicies = pgTable('audit_policies', {
  orgId: text('org_id').primaryKey(),
  retentionDays: integer('retention_days').notNull(),
});

/** Up to which row an operator's export has come back for more: what he has, by his own word. One row. */
export const auditExported = pgTable('audit_exported', {
  id: integer('id').primaryKey(),
  seq: sequence().notNull(),
});
