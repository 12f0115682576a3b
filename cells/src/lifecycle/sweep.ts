/**
 * Finds what signals missed: rows whose phase differs from what is wanted and whose lease is free, and
 * sandboxes that no row accounts for. Sandboxes are listed before their rows are read, so one that is being
 * started meanwhile is never mistaken for an orphan.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { SandboxHost } from '../host/sandbox-host.ts';
import type { ObservedSandbox } from '../sandbox/driver.ts';
import type { LeaseStore } from './stores/lease-store.ts';
import type { WorkspaceRow } from './stores/workspace-row.ts';
import type { WorkspaceStore } from './stores/workspace-store.ts';

export interface SweepDeps {
  store: WorkspaceStore & LeaseStore;
  host: SandboxHost;
  clock: Clock;
  log: Logger;
  holder: string;
  /** Workspaces this controller holds: it watches over their sandboxes itself. */
  isHeld(workspaceId: WorkspaceId): boolean;
  wake(workspaceId: WorkspaceId): void;
}

export async function sweep(deps: SweepDeps): Promise<void> {
  const { store, host, clock, holder } = deps;
  for (const sandbox of await host.list()) {
    if (!sandbox.attached || !deps.isHeld(sandbox.workspaceId)) await judge(deps, sandbox);
  }
  const unsettled = await store.listUnsettled(
    holder,
    host.hostId,
    clock.nowMs(),
    limits.lifecycle.sweepRowsMax,
  );
  for (const workspaceId of unsettled) deps.wake(workspaceId);
}

async function judge({ store, host, log, wake }: SweepDeps, sandbox: ObservedSandbox): Promise<void> {
  const row = await store.get(sandbox.workspaceId);
  if (!isOrphan(sandbox, row)) return;
  log.warn({ ...sandbox, phase: row?.phase }, 'destroying an orphaned sandbox');
  await host.destroy(sandbox.sandboxId);
  if (row) wake(row.id);
}

/** A sandbox that its workspace's row does not account for. */
export function isOrphan(sandbox: ObservedSandbox, row: WorkspaceRow | null): boolean {
  if (row === null || row.purgedAtMs !== null) return true;
  if (!sandbox.attached || sandbox.epoch < row.epoch) return true;
  return row.phase === 'suspended' || row.phase === 'deleted';
}
