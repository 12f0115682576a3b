/**
 * Installed packages (cells/src/environments). `environments` says which layer each workspace has; a trigger (see the
 * migration) adds its bytes to what its owner stores. `environment_stores` and `environment_captures` keep sweeps of
 * an organisation's objects and captures into them apart.
 */
import { bigint, index, integer, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

const moment = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

export const environments = pgTable(
  'environments',
  {
    workspaceId: text('workspace_id').primaryKey(),
    orgId: text('org_id').notNull(),
    state: text('state').notNull(),
    problem: text('problem'),
    /** Its size, for the quota; the layer has it too. */
    bytes: bigint('bytes', { mode: 'number' }).notNull(),
    /** What is installed (environments/environment-store.ts). */
    layer: jsonb('layer').notNull(),
    /** What was before it. */
    previous: jsonb('previous'),
    /** How many files are in it, for whoever looks. */
    files: integer('files').notNull(),
  },
  (table) => [index('environments_by_org').on(table.orgId)],
);

export const environmentStores = pgTable(
  'environment_stores',
  {
    orgId: text('org_id').primaryKey(),
    /** Counts sweeps that have begun: what a cache knew of the objects before no longer counts. */
    sweeps: bigint('sweeps', { mode: 'number' }).notNull(),
    /** While it is in the future nobody stores. */
    sweepingUntil: moment('sweeping_until'),
    /** When something may be there that nobody refers to. */
    dueAt: moment('due_at'),
  },
  (table) => [index('environment_stores_by_due').on(table.dueAt)],
);

export const environmentCaptures = pgTable(
  'environment_captures',
  {
    id: text('id').primaryKey(),
    orgId: text('org_id').notNull(),
    /** Its process is taken for dead from then on, and what it stored for nobody's. */
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [index('environment_captures_by_org').on(table.orgId)],
);
