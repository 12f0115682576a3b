/** Files that were saved with something that looks like a credential: where, never what. */
import type { Finding } from '@cellbook/shared/protocol/findings-api.ts';
import { index, jsonb, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

export const credentialFindings = pgTable(
  'credential_findings',
  {
    workspaceId: text('workspace_id').notNull(),
    /** sha256 of the path, in hex: a path of 4 KiB does not fit an index. */
    pathDigest: text('path_digest').notNull(),
    /** As in the contents API. */
    path: text('path').notNull(),
    findings: jsonb('findings').$type<Finding[]>().notNull(),
    savedAt: timestamp('saved_at', { withTimezone: true, mode: 'date' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.pathDigest] }),
    index('credential_findings_newest').on(table.workspaceId, table.savedAt),
  ],
);
