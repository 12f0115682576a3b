/**
 * Finds what signals missed: rows whose phase differs from what is wanted and whose lease is free, and
 * sandboxes that no row accounts for. Sandboxes are listed before their rows are read, so one that is being
 * started meanwhile is never mistaken for an orphan.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { HostId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Hosts, PlacedSandbox } from '../host/hosts.ts';
import { isFrozen, type Rest } from '../ladder/rest.ts';
import type { RestStore } from '../ladder/rest-store.ts';
import type { LeaseStore } from './stores/lease-store.ts';
import type { WorkspaceRow } from './stores/workspace-row.ts';
import type { WorkspaceStore } from './stores/workspace-store.ts';

export interface SweepDeps {
  store: WorkspaceStore & LeaseStore;
  rests: RestStore;
  hosts: Hosts;
  clock: Clock;
  log: Logger;
  holder: string;
  /** Workspaces this controller holds: it watches over their sandboxes itself. */
  isHeld(workspaceId: WorkspaceId): boolean;
  wake(workspaceId: WorkspaceId): void;
}

export async function sweep(deps: SweepDeps): Promise<void> {
  const { store, rests, hosts, clock, holder, log } = deps;
  const unheard = (hostId: HostId, error: unknown) =>
    log.warn({ err: error, hostId }, 'a host did not say what it has; it is asked again');
  for (const sandbox of await hosts.list(unheard)) {
    if (!sandbox.attached || !deps.isHeld(sandbox.workspaceId)) await judge(deps, sandbox);
  }
  const unsettled = await store.listUnsettled(
    holder,
    hosts.ids,
    clock.nowMs(),
    limits.lifecycle.sweepRowsMax,
  );
  const due = await rests.listDue(clock.nowMs(), limits.ladder.dueRowsMax);
  for (const workspaceId of [...unsettled, ...due]) deps.wake(workspaceId);
}

async function judge({ store, rests, hosts, log, wake }: SweepDeps, sandbox: PlacedSandbox): Promise<void> {
  const row = await store.get(sandbox.workspaceId);
  if (!isOrphan(sandbox, row, await rests.get(sandbox.workspaceId))) return;
  log.warn({ ...sandbox, phase: row?.phase }, 'destroying an orphaned sandbox');
  await hosts.on(sandbox.hostId).destroy(sandbox.sandboxId);
  if (row) wake(row.id);
}

/**
 * A sandbox that its workspace's row does not account for. Where the row is under way or runs, one of any epoch is
 * its owner's to take over, to put to sleep or to end: whoever was to do so may have died before he told the host.
 */
export function isOrphan(sandbox: PlacedSandbox, row: WorkspaceRow | null, rest: Rest | null): boolean {
  if (row === null || row.purgedAtMs !== null || !sandbox.attached) return true;
  if (row.phase !== 'deleted' && rest !== null && isFrozen(rest) && rest.sandboxId === sandbox.sandboxId)
    return false;
  if (row.hostId !== null && row.hostId !== sandbox.hostId) return true;
  return row.phase === 'suspended' || row.phase === 'deleted';
}
