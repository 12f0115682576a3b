/** What JupyterLab keeps on a server: each user's settings, and the layouts of each of the user's workspaces. */
import { pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

const moment = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

export const labSettings = pgTable(
  'lab_settings',
  {
    userId: text('user_id').notNull(),
    /** `@jupyterlab/apputils-extension:themes` */
    pluginId: text('plugin_id').notNull(),
    /** JSON5 as the user wrote it, comments and all. */
    raw: text('raw').notNull(),
    createdAt: moment('created_at').notNull(),
    modifiedAt: moment('modified_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.pluginId] })],
);

export const labLayouts = pgTable(
  'lab_layouts',
  {
    workspaceId: text('workspace_id').notNull(),
    userId: text('user_id').notNull(),
    name: text('name').notNull(),
    /** The JSON text that JupyterLab sent. */
    body: text('body').notNull(),
    createdAt: moment('created_at').notNull(),
    modifiedAt: moment('modified_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.userId, table.name] })],
);
