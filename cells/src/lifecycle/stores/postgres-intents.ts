/** What is wanted of a workspace, changed in one statement; within a quota, in one transaction. */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { sql } from 'drizzle-orm';
import type { LifecycleOutbox } from '../../audit/lifecycle-outbox.ts';
import type { Database } from '../../db/database.ts';
import { hasRoom } from '../../quotas/allowance.ts';
import { countRunning, lockOrganisation } from '../../quotas/count-workspaces.ts';
import { parseRawWorkspaceRow } from './parse-workspace-row.ts';
import { moment } from './postgres-conditions.ts';
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

/**
 * Written by hand, like all that every change of a workspace passes through: to build a statement of 25 columns
 * anew each time took a third of the controller's processor time.
 */
export async function readWorkspace(
  from: Pick<Database, 'execute'>,
  workspaceId: WorkspaceId,
): Promise<WorkspaceRow | null> {
  const [row] = await from.execute(sql`select * from workspaces where id = ${workspaceId}`);
  return row ? parseRawWorkspaceRow(row) : null;
}

async function update(
  on: Pick<Database, 'execute'>,
  workspaceId: WorkspaceId,
  change: IntentChange,
): Promise<WorkspaceRow | null> {
  const { desired, from, expectedGeneration = null, nowMs } = change;
  const undoUntil = moment(change.undoUntilMs ?? nowMs).toISOString();
  const now = moment(nowMs).toISOString();
  const isSettled = sql`desired = ${desired} and not dormant and retry_at is null`;
  const [row] = await on.execute(sql`
    update workspaces set
      desired = ${desired},
      generation = case when ${isSettled} then generation else generation + 1 end,
      dormant = false,
      retry_at = null,
      undo_until = case when ${desired}::text = 'deleted' then coalesce(undo_until, ${undoUntil}::timestamptz) end
    where id = ${workspaceId} and purged_at is null
      and desired in (select jsonb_array_elements_text(${JSON.stringify(from)}::text::jsonb))
      and (${expectedGeneration}::int is null or generation = ${expectedGeneration}::int)
      and (${desired}::text = 'deleted' or desired <> 'deleted' or undo_until > ${now}::timestamptz)
    returning *`);
  return row ? parseRawWorkspaceRow(row) : null;
}
