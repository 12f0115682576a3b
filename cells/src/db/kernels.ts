/**
 * The gateway's tables: what must outlive a sandbox. Ids come from clients too (a kernel may be asked for
 * under an id of the client's choosing), so every key begins with the workspace.
 */
import { bigint, index, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';

export const kernels = pgTable(
  'kernels',
  {
    workspaceId: text('workspace_id').notNull(),
    id: text('id').notNull(),
    kernelspec: text('kernelspec').notNull(),
    directory: text('directory').notNull(),
    kernelInfo: jsonb('kernel_info').$type<Record<string, unknown>>(),
    reason: text('reason'),
    createdMs: bigint('created_ms', { mode: 'number' }).notNull(),
    lastActivityMs: bigint('last_activity_ms', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.id] })],
);

export const kernelSessions = pgTable(
  'kernel_sessions',
  {
    workspaceId: text('workspace_id').notNull(),
    id: text('id').notNull(),
    kernelId: text('kernel_id').notNull(),
    path: text('path').notNull(),
    name: text('name').notNull(),
    type: text('type').notNull(),
    createdMs: bigint('created_ms', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.id] }),
    index('kernel_sessions_by_kernel').on(table.workspaceId, table.kernelId),
  ],
);

export const kernelspecCatalogs = pgTable('kernelspec_catalogs', {
  workspaceId: text('workspace_id').primaryKey(),
  catalog: jsonb('catalog').$type<unknown>().notNull(),
});

export const frontendConfigs = pgTable(
  'frontend_configs',
  {
    workspaceId: text('workspace_id').notNull(),
    userId: text('user_id').notNull(),
    section: text('section').notNull(),
    value: jsonb('value').$type<Record<string, unknown>>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.userId, table.section] })],
);
