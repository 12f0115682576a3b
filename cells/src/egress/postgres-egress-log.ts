import { sandboxIdSchema, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { egressResultSchema } from '@cellbook/shared/protocol/egress-api.ts';
import { and, desc, eq, gte, inArray, lt, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Database } from '../db/database.ts';
import { egressConnections as table } from '../db/egress.ts';
import type { EgressLog } from './egress-log.ts';

const rowSchema = z
  .object({
    // Rows of before it had one.
    recordId: z
      .string()
      .nullable()
      .transform((id) => id ?? ''),
    workspaceId: workspaceIdSchema,
    sandboxId: sandboxIdSchema,
    startedAt: z.date(),
    durationMs: z.number(),
    host: z.string(),
    port: z.number(),
    address: z.string().nullable(),
    result: egressResultSchema,
    bytesUp: z.number(),
    bytesDown: z.number(),
  })
  .transform(({ startedAt, ...row }) => ({ ...row, startedAtMs: startedAt.getTime() }));

export function createPostgresEgressLog(database: Database): EgressLog {
  return {
    async append(records) {
      if (records.length === 0) return;
      const rows = records.map(({ startedAtMs, ...row }) => ({ ...row, startedAt: new Date(startedAtMs) }));
      await database.insert(table).values(rows).onConflictDoNothing({ target: table.recordId });
    },
    async usedSince(workspaceId, sinceMs) {
      const [row] = await database
        .select({
          bytesUp: sql<number>`coalesce(sum(${table.bytesUp}), 0)`.mapWith(Number),
          bytesDown: sql<number>`coalesce(sum(${table.bytesDown}), 0)`.mapWith(Number),
        })
        .from(table)
        .where(and(eq(table.workspaceId, workspaceId), gte(table.startedAt, new Date(sinceMs))));
      return row ?? { bytesUp: 0, bytesDown: 0 };
    },
    async list(workspaceId, count) {
      const rows = await database
        .select()
        .from(table)
        .where(eq(table.workspaceId, workspaceId))
        .orderBy(desc(table.startedAt), desc(table.id))
        .limit(count);
      return rows.map((row) => rowSchema.parse(row));
    },
    async prune(beforeMs, count) {
      const old = database
        .select({ id: table.id })
        .from(table)
        .where(lt(table.startedAt, new Date(beforeMs)))
        .limit(count);
      const gone = await database.delete(table).where(inArray(table.id, old)).returning({ id: table.id });
      return gone.length;
    },
  };
}
