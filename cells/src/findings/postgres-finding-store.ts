/** The finding store in Postgres. */
import { createHash } from 'node:crypto';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { findingSchema } from '@cellbook/shared/protocol/findings-api.ts';
import { and, desc, eq, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Database } from '../db/database.ts';
import { credentialFindings as table } from '../db/findings.ts';
import type { FindingStore, FlaggedFile } from './finding-store.ts';

export function createPostgresFindingStore(database: Database): FindingStore {
  return {
    async replace(workspaceId, file) {
      const mine = and(eq(table.workspaceId, workspaceId), eq(table.pathDigest, digestOf(file.path)));
      if (file.findings.length === 0)
        return (await database.delete(table).where(mine).returning({ path: table.path })).length > 0;
      return put(database, workspaceId, file);
    },
    async list(workspaceId) {
      const rows = await database
        .select()
        .from(table)
        .where(eq(table.workspaceId, workspaceId))
        .orderBy(desc(table.savedAt), table.pathDigest)
        .limit(limits.findings.filesPerWorkspaceMax);
      return rows.map(({ path, findings, savedAt }) => ({
        path,
        findings: z.array(findingSchema).parse(findings),
        savedAtMs: savedAt.getTime(),
      }));
    },
    async move(workspaceId, from, to) {
      const path = sql`${to}::text || substr(${table.path}, char_length(${from}::text) + 1)`;
      await database.transaction(async (tx) => {
        // Nothing can be at the new path: a rename never replaces. What is marked there is of a file long gone.
        await tx.delete(table).where(within(workspaceId, to));
        await tx
          .update(table)
          .set({ path, pathDigest: sql`encode(sha256(convert_to(${path}, 'UTF8')), 'hex')` })
          .where(within(workspaceId, from));
      });
    },
    async remove(workspaceId, path) {
      await database.delete(table).where(within(workspaceId, path));
    },
    async forgetWorkspace(workspaceId) {
      await database.delete(table).where(eq(table.workspaceId, workspaceId));
    },
  };
}

function put(database: Database, workspaceId: WorkspaceId, file: FlaggedFile): Promise<boolean> {
  const { path, findings, savedAtMs } = file;
  const values = { findings, savedAt: new Date(savedAtMs) };
  return database.transaction(async (tx) => {
    const [written] = await tx
      .insert(table)
      .values({ workspaceId, pathDigest: digestOf(path), path, ...values })
      .onConflictDoUpdate({ target: [table.workspaceId, table.pathDigest], set: values })
      // Of a row that was there, xmax is the transaction that writes it now.
      .returning({ wasFlagged: sql<boolean>`xmax <> 0` });
    if (written?.wasFlagged !== true) await tx.delete(table).where(beyondLimit(workspaceId));
    return written?.wasFlagged === true;
  });
}

function beyondLimit(workspaceId: WorkspaceId): SQL | undefined {
  const kept = sql`(select saved_at from ${table} where workspace_id = ${workspaceId}
                    order by saved_at desc offset ${limits.findings.filesPerWorkspaceMax - 1} limit 1)`;
  return and(eq(table.workspaceId, workspaceId), sql`${table.savedAt} < ${kept}`);
}

/** The path itself and what lies below it; `starts_with`, unlike `like`, takes names as they are. */
const within = (workspaceId: WorkspaceId, path: string): SQL | undefined =>
  and(
    eq(table.workspaceId, workspaceId),
    sql`(${table.path} = ${path} or starts_with(${table.path}, ${`${path}/`}))`,
  );

const digestOf = (path: string): string => createHash('sha256').update(path).digest('hex');
