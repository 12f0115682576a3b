/**
 * The storage part's tables. `volumes` holds, for each workspace, the pointer to its current tree and who
 * may move it; `volume_manifests` keeps every tree it ever pointed at, so that each is a version that can be
 * listed and restored. The trees themselves are objects, not rows.
 */
import { bigint, index, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

const moment = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

export const volumes = pgTable(
  'volumes',
  {
    workspaceId: text('workspace_id').primaryKey(),
    /** Namespaces the volume's objects: `volumes/<volumeId>/…`. */
    volumeId: text('volume_id').notNull().unique(),
    /** Counts commits; the compare-and-swap's word. */
    version: bigint('version', { mode: 'number' }).notNull(),
    /** The highest epoch that has claimed the volume; older writers are refused. */
    epoch: integer('epoch').notNull(),
    /** sha256 of the root directory object, or null while the volume is empty. */
    root: text('root'),
    /** The sizes of all files of the current tree, uploads under way and holes included; null until it is next committed. */
    bytes: bigint('bytes', { mode: 'number' }),
    /** The host whose live directory is the truth now, or null when the stored tree is. */
    attachedHost: text('attached_host'),
    /** The version after the last sweep of unused objects. */
    sweptVersion: bigint('swept_version', { mode: 'number' }).notNull(),
    /** What earlier versions of files hold beyond the files themselves (tree/version-bytes.ts). */
    versionBytes: bigint('version_bytes', { mode: 'number' }),
    /** Counts sweeps that have begun: what a cache knew of the objects before no longer counts. */
    sweeps: bigint('sweeps', { mode: 'number' }).notNull().default(0),
    /** Until when a removal of the last sweep may still arrive at the store; null: each was answered. */
    doubtfulUntil: moment('doubtful_until'),
    /** When there is something to tidy away next; null: nothing ever, until it changes. */
    tidyDueAt: moment('tidy_due_at').defaultNow(),
  },
  /** What the tidying pass reads: those whose time has come, never all. */
  (table) => [index('volumes_by_tidy_due').on(table.tidyDueAt)],
);

/**
 * Room that a save under way has asked for (quotas/storage-reservations.ts). It shrinks by what its commits add to
 * the volume, in their transaction, so that the sum of both is never too low and never counts a byte twice.
 */
export const storageReservations = pgTable(
  'storage_reservations',
  {
    id: text('id').primaryKey(),
    orgId: text('org_id').notNull(),
    ownerId: text('owner_id').notNull(),
    bytes: bigint('bytes', { mode: 'number' }).notNull(),
    /** A process that died cannot give it back. */
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [index('storage_reservations_by_org').on(table.orgId)],
);

export const volumeManifests = pgTable(
  'volume_manifests',
  {
    volumeId: text('volume_id').notNull(),
    version: bigint('version', { mode: 'number' }).notNull(),
    epoch: integer('epoch').notNull(),
    root: text('root'),
    /** Why it was made: `sync`, `flush`, `save`, `restore`, … */
    reason: text('reason').notNull(),
    committedAt: moment('committed_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.volumeId, table.version] })],
);

/**
 * What each person stores in an organisation, so that asking for room reads a row for each of its people and not one
 * for each workspace. A trigger on `volumes` keeps it (see the migration named for it): in the commit's own
 * transaction, whoever commits.
 */
export const storageTotals = pgTable(
  'storage_totals',
  {
    orgId: text('org_id').notNull(),
    ownerId: text('owner_id').notNull(),
    files: bigint('files', { mode: 'number' }).notNull(),
    versions: bigint('versions', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.ownerId] })],
);
