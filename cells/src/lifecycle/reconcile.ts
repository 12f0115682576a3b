/**
 * Brings one workspace to where its owner wants it: take its lease, look, plan, act, look again, until there
 * is nothing to do. It takes no input but the id: whatever woke it, it reads everything anew.
 */
import type { CellbookError } from '@cellbook/shared/errors.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { type CarryOutDeps, carryOut, takesOver } from './carry-out.ts';
import type { Lease, LeaseKeeper } from './lease-keeper.ts';
import { type ObserveTools, observe } from './observe.ts';
import { plan } from './plan.ts';
import type { WorkspaceRow } from './stores/workspace-row.ts';

export interface ReconcileDeps extends CarryOutDeps {
  leases: LeaseKeeper;
  observing: ObserveTools;
  /** A sandbox was started, by whoever began it, and is announced. */
  observeResume(row: WorkspaceRow): void;
  /** It is suspended then, unless somebody uses it. */
  observeIdle(workspaceId: WorkspaceId, suspendsAtMs: number): void;
  /** Told how each take-over of a sandbox went. */
  observeAdoption(row: WorkspaceRow, succeeded: boolean): void;
  /** An attempt failed; the row says when the next one is. */
  observeFailure(row: WorkspaceRow, error: CellbookError): void;
}

/** When to look again (milliseconds since 1970); null when only a change can give it something to do. */
export type LookAgain = number | null;

/** Delete, undo, resume and suspend asked for in turn while it works: more rounds than that is a loop. */
const roundsMax = 25;

export async function reconcile(deps: ReconcileDeps, workspaceId: WorkspaceId): Promise<LookAgain> {
  const seen = await deps.store.get(workspaceId);
  if (!seen) return null;
  deps.observeRow(seen);
  const glance = plan(await observe(deps.observing, seen));
  if (glance.type === 'wait' && seen.phase !== 'running') return glance.untilMs;

  let held: Lease | null = null;
  for (let round = 0; round < roundsMax; round++) {
    const lease: Lease | null = held ?? (await deps.leases.acquire(workspaceId));
    // Another controller has it; the sweep looks again when that lease can have run out.
    if (!lease) return null;
    held = null;
    const { row, signal }: Lease = lease;
    const action = plan(await observe(deps.observing, row));
    if (action.type === 'wait') {
      if (row.phase !== 'running') await deps.leases.release(workspaceId);
      if (action.suspendsAtMs !== undefined) deps.observeIdle(workspaceId, action.suspendsAtMs);
      return action.untilMs;
    }
    if (action.type === 'ask_idle_suspend') {
      const { generation: expectedGeneration } = row;
      const nowMs = deps.clock.nowMs();
      await deps.store.request(workspaceId, {
        desired: 'suspended',
        unasked: 'workspace.idle_suspend',
        from: ['running'],
        expectedGeneration,
        nowMs,
      });
      continue;
    }
    const outcome = await carryOut(deps, row, action, signal);
    if (takesOver(action)) deps.observeAdoption(outcome.row, outcome.ok);
    const cameBack = action.type === 'resume' || (action.type === 'adopt' && row.phase === 'resuming');
    if (cameBack && outcome.ok) deps.observeResume(outcome.row);
    // What was written is what the next round goes by; a newer wish wakes us again.
    held = { row: outcome.row, signal };
    if (outcome.ok && outcome.row.leaseHolder === null) {
      deps.leases.ended(workspaceId);
      held = null;
      const next = plan(await observe(deps.observing, outcome.row));
      if (next.type === 'wait') return next.untilMs;
    }
    if (outcome.ok) continue;
    deps.observeFailure(outcome.row, outcome.error);
    if (outcome.row.phase !== 'failed') {
      await deps.leases.release(workspaceId);
      throw outcome.error;
    }
  }
  throw new Error(`workspace ${workspaceId} did not settle in ${roundsMax} rounds`);
}
