/**
 * Asks for a workspace to run, within the quotas of its owner, and while he is there: whoever asks, a click or a
 * request that needs a sandbox. Files over the quota of storage keep it from running, since running could only add to
 * them; they can be deleted while it sleeps.
 */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { WorkspaceRow } from '../lifecycle/stores/workspace-row.ts';
import type { IntentChange, WorkspaceStore } from '../lifecycle/stores/workspace-store.ts';
import type { QuotaGuard } from './quota-guard.ts';
import { takenMeanwhile } from './refusals.ts';

export type RunningQuotas = Pick<
  QuotaGuard,
  'toRun' | 'makeRoomToRun' | 'assertFilesFit' | 'assertOwnerIsThere' | 'idleRules'
>;

/** The row then; null where the intent is none of `from`. Throws `forbidden`, `quota_exceeded`, `volume_full`. */
export async function requestRunning(
  deps: { store: Pick<WorkspaceStore, 'get' | 'request'>; quotas: RunningQuotas },
  workspaceId: WorkspaceId,
  change: IntentChange,
  doing: string,
): Promise<WorkspaceRow | null> {
  const { store, quotas } = deps;
  const before = await store.get(workspaceId);
  if (!before || !change.from.includes(before.desired)) return null;
  await quotas.assertOwnerIsThere(before, doing);
  const isRunning = before.desired === 'running' && !before.dormant;
  if (!isRunning) await quotas.assertFilesFit(before, doing);
  const runningMax = await quotas.toRun(before);
  for (let attempt = 1; ; attempt++) {
    const row = await store.request(workspaceId, { ...change, runningMax });
    if (row) return row;
    const now = await store.get(workspaceId);
    const isRefused = now !== null && now.purgedAtMs === null && change.from.includes(now.desired);
    if (!isRefused) return null;
    if (attempt === limits.quota.attemptsMax) throw takenMeanwhile(doing);
    await quotas.makeRoomToRun(now, doing);
  }
}
