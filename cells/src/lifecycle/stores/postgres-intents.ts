/** What is wanted of a workspace, changed in one statement; within a quota, in one transaction. */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { and, eq, inArray, isNull, ne, or, sql } from 'drizzle-orm';
import type { LifecycleOutbox } from '../../audit/lifecycle-outbox.ts';
import type { Database } from '../../db/database.ts';
import { workspaces } from '../../db/workspaces.ts';
import { hasRoom } from '../../quotas/allowance.ts';
import { countRunning, lockOrganisation } from '../../quotas/count-workspaces.ts';
import { parseWorkspaceRow } from './parse-workspace-row.ts';
import { type Changes, moment } from './postgres-conditions.ts';
import type { WorkspaceRow } from './workspace-row.ts';
import type { IntentChange } from './workspace-store.ts';

export async function requestIntent(
  database: Database,
  outbox: LifecycleOutbox | null,
  workspaceId: WorkspaceId,
  change: IntentChange,
): Promise<WorkspaceRow | null> {
  const { runningMax, unasked, desired } = change;
  if (unasked !== undefined)
    return database.transaction(async (tx) => {
      const row = await update(tx, workspaceId, change);
      if (row) await outbox?.(tx, unasked, row);
      return row;
    });
  if (desired !== 'running' || runningMax === undefined) return update(database, workspaceId, change);
  return database.transaction(async (tx) => {
    const before = await readWorkspace(tx, workspaceId);
    if (!before) return null;
    await lockOrganisation(tx, before.orgId);
    const row = await readWorkspace(tx, workspaceId);
    // One that runs has its place already, whatever the quota is now.
    const isCounted = row?.desired === 'running' && !row.dormant;
    if (!isCounted && !hasRoom(await countRunning(tx, before, workspaceId), runningMax)) return null;
    return update(tx, workspaceId, change);
  });
}

export async function readWorkspace(
  from: Pick<Database, 'select'>,
  workspaceId: WorkspaceId,
): Promise<WorkspaceRow | null> {
  const [row] = await from.select().from(workspaces).where(eq(workspaces.id, workspaceId));
  return row ? parseWorkspaceRow(row) : null;
}

async function update(
  on: Pick<Database, 'update'>,
  workspaceId: WorkspaceId,
  change: IntentChange,
): Promise<WorkspaceRow | null> {
  const isSettled = sql`(${workspaces.desired} = ${change.desired} and not ${workspaces.dormant}
    and ${workspaces.retryAt} is null)`;
  const undoUntil = moment(change.undoUntilMs ?? change.nowMs).toISOString();
  const now = moment(change.nowMs).toISOString();
  const condition = and(
    eq(workspaces.id, workspaceId),
    isNull(workspaces.purgedAt),
    inArray(workspaces.desired, [...change.from]),
    change.expectedGeneration === undefined
      ? undefined
      : eq(workspaces.generation, change.expectedGeneration),
    change.desired === 'deleted'
      ? undefined
      : or(ne(workspaces.desired, 'deleted'), sql`${workspaces.undoUntil} > ${now}::timestamptz`),
  );
  const values: Changes = {
    desired: change.desired,
    generation: sql`case when ${isSettled} then ${workspaces.generation} else ${workspaces.generation} + 1 end`,
    dormant: false,
    retryAt: null,
    undoUntil:
      change.desired === 'deleted' ? sql`coalesce(${workspaces.undoUntil}, ${undoUntil}::timestamptz)` : null,
  };
  const [row] = await on.update(workspaces).set(values).where(condition).returning();
  return row ? parseWorkspaceRow(row) : null;
}
