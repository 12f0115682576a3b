/**
 * The storage part's tables. `volumes` holds, for each workspace, the pointer to its current tree and who
 * may move it; `volume_manifests` keeps every tree it ever pointed at, so that each is a version that can be
 * listed and restored. The trees themselves are objects, not rows.
 */
import { bigint, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

export const volumes = pgTable('volumes', {
  workspaceId: text('workspace_id').primaryKey(),
  /** Namespaces the volume's objects: `volumes/<volumeId>/…`. */
  volumeId: text('volume_id').notNull().unique(),
  /** Counts commits; the compare-and-swap's word. */
  version: bigint('version', { mode: 'number' }).notNull(),
  /** The highest epoch that has claimed the volume; older writers are refused. */
  epoch: integer('epoch').notNull(),
  /** sha256 of the root directory object, or null while the volume is empty. */
  root: text('root'),
  /** The sizes of all files of the current tree, holes included; null until it is next committed. */
  bytes: bigint('bytes', { mode: 'number' }),
  /** The host whose live directory is the truth now, or null when the stored tree is. */
  attachedHost: text('attached_host'),
  /** The version after the last sweep of unused objects. */
  sweptVersion: bigint('swept_version', { mode: 'number' }).notNull(),
});

export const volumeManifests = pgTable(
  'volume_manifests',
  {
    volumeId: text('volume_id').notNull(),
    version: bigint('version', { mode: 'number' }).notNull(),
    epoch: integer('epoch').notNull(),
    root: text('root'),
    /** Why it was made: `sync`, `flush`, `save`, `restore`, … */
    reason: text('reason').notNull(),
    committedAt: timestamp('committed_at', { withTimezone: true, mode: 'date' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.volumeId, table.version] })],
);
