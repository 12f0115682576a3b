/** What the planner is told about a workspace: its row, and what this host and the gateway know of it now. */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { SandboxHost } from '../host/sandbox-host.ts';
import type { SandboxExit } from '../sandbox/driver.ts';
import type { Activity } from './activity.ts';
import type { Problem } from './phases.ts';
import type { Observed } from './plan.ts';
import type { WorkspaceRow } from './stores/workspace-row.ts';

export interface ObserveTools {
  host: SandboxHost;
  activity: Activity;
  clock: Clock;
  isDraining(): boolean;
  isDemanded(workspaceId: WorkspaceId): boolean;
}

export function observe(
  { host, activity, clock, isDraining, isDemanded }: ObserveTools,
  row: WorkspaceRow,
): Observed {
  const sandbox = host.current(row.id);
  return {
    desired: row.desired,
    phase: row.phase,
    epoch: row.epoch,
    dormant: row.dormant,
    retryAtMs: row.retryAtMs,
    undoUntilMs: row.undoUntilMs,
    purged: row.purgedAtMs !== null,
    idleSuspendSeconds: row.idleSuspendSeconds,
    // Also reads whether it is busy, which counts as use.
    busy: row.phase === 'running' && activity.isBusy(row.id),
    lastActiveAtMs: activity.lastUsedAtMs(row.id, row.lastActiveAtMs),
    sandbox: !sandbox ? 'none' : sandbox.epoch === row.epoch ? 'usable' : 'unusable',
    loss: describeLoss(host.lastLoss(row.id)),
    demanded: isDemanded(row.id),
    draining: isDraining(),
    nowMs: clock.nowMs(),
  };
}

function describeLoss(exit: SandboxExit | null): Problem | null {
  if (exit === null || exit.reason === 'stopped') return null;
  if (exit.reason === 'out_of_memory') {
    const megabytes = Math.round(exit.memoryBytesMax / 1024 ** 2);
    return {
      code: 'out_of_memory',
      text: `The sandbox used more memory than its limit of ${megabytes} MiB and was stopped. Files are intact.`,
    };
  }
  return {
    code: 'sandbox_unavailable',
    text: 'The sandbox ended unexpectedly. Files are intact; the next use starts a new one.',
  };
}
