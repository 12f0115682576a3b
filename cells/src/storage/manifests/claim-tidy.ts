/** Takes volumes that are due to be tidied, in one statement: two who ask at once are given different ones. */
import { type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { and, asc, inArray, isNull, lte } from 'drizzle-orm';
import type { Database } from '../../db/database.ts';
import { volumes } from '../../db/volumes.ts';

export async function claimTidy(
  database: Database,
  { nowMs, leaseMs, max }: { nowMs: number; leaseMs: number; max: number },
): Promise<WorkspaceId[]> {
  const due = database
    .select({ id: volumes.workspaceId })
    .from(volumes)
    .where(and(lte(volumes.tidyDueAt, new Date(nowMs)), isNull(volumes.attachedHost)))
    .orderBy(asc(volumes.tidyDueAt))
    .limit(max)
    .for('update', { skipLocked: true });
  const claimed = await database
    .update(volumes)
    .set({ tidyDueAt: new Date(nowMs + leaseMs) })
    .where(inArray(volumes.workspaceId, due))
    .returning({ id: volumes.workspaceId });
  return claimed.map(({ id }) => workspaceIdSchema.parse(id));
}
