/**
 * What workspaces use, counted by triggers (see the migration named for it, and cells/src/usage/README.md) in the
 * transaction of whatever changes it. `usage_meters` is what is held now and what of the hour under way is counted
 * already; `usage_ledger` is append-only and has the rest. Both outlive the workspace.
 */
import {
  bigint,
  bigserial,
  boolean,
  index,
  numeric,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core';

const moment = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

/** Whose it is, as it was then: a workspace may change its team. */
const counted = () => ({
  workspaceId: text('workspace_id').notNull(),
  /** One of shared/src/protocol/usage.ts. */
  meter: text('meter').notNull(),
  orgId: text('org_id').notNull(),
  ownerId: text('owner_id').notNull(),
  tier: text('tier').notNull(),
  team: text('team'),
  /** Of `running`: the memory limit of the sandbox. */
  sizeBytes: bigint('size_bytes', { mode: 'number' }),
  fromAt: moment('from_at').notNull(),
  /** For how long anything was held. */
  activeMs: bigint('active_ms', { mode: 'number' }).notNull(),
  /** Bytes × milliseconds; of what is not held but passes by, bytes. */
  total: numeric('total').notNull(),
});

export const usageMeters = pgTable(
  'usage_meters',
  {
    ...counted(),
    /** Held since `since`, and not counted for the time after it. */
    held: boolean('held').notNull(),
    amount: bigint('amount', { mode: 'number' }).notNull(),
    since: moment('since').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.meter] }),
    index('usage_meters_by_org').on(table.orgId),
  ],
);

/** A row lies within one hour, or what was held did not change from its begin to its end. */
export const usageLedger = pgTable(
  'usage_ledger',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    ...counted(),
    toAt: moment('to_at').notNull(),
  },
  (table) => [
    index('usage_ledger_by_org').on(table.orgId, table.toAt),
    index('usage_ledger_by_end').on(table.toAt),
  ],
);

/** One row. */
export const usageState = pgTable('usage_state', {
  one: boolean('one').primaryKey(),
  /** What a sandbox that starts now may use. */
  sandboxBytes: bigint('sandbox_bytes', { mode: 'number' }).notNull(),
  /** A meter that begins anew does not begin before it: until then, one that was removed has counted. */
  settledUntil: moment('settled_until').notNull(),
});
