/**
 * The states in which a workspace can be stuck, told from what its row, its files' row and the hosts say.
 * Most of them end by themselves; `recover` (recover.ts) does not wait for that. Pure.
 *
 *   backing_off              the last attempts failed, the next one is a while away
 *   interrupted              something is to be done (it is resuming, suspending, failed, …), and nobody is at it
 *   running_without_sandbox  the row says that it runs, its host has no sandbox of it
 *   orphaned_sandbox         a sandbox that the row does not account for
 *   files_without_owner      it rests, yet its files are said to be live on a host
 *   lease_of_another         something is to be done, and a holder that is not this controller has the lease
 *   files_ahead              the files have seen a newer epoch than the row: every step would be refused
 *   sandbox_ahead            so has a sandbox
 *   host_unknown             the row names a host that this cell does not have (any more)
 *   host_silent              its host does not answer; what it has cannot be told, so nothing is done about it
 *   purge_overdue            deleted, its undo has ended, and it is still there
 */
import type { HostId } from '@cellbook/shared/ids.ts';
import type { StuckState } from '@cellbook/shared/protocol/recover-api.ts';
import type { PlacedSandbox } from '../../host/hosts.ts';
import type { Sight } from '../../host/sandbox-host.ts';
import { isFrozen, type Rest } from '../../ladder/rest.ts';
import type { VolumeRow } from '../../storage/manifests/manifest-store.ts';
import { needsWork, type WorkspaceRow } from '../stores/workspace-row.ts';
import { isOrphan } from '../sweep.ts';

export interface Facts {
  row: WorkspaceRow;
  /** Null when it has none (any more). */
  files: VolumeRow | null;
  /** What is kept of its memory. */
  rest: Rest | null;
  /** Its sandboxes on every host that answers. */
  sandboxes: readonly PlacedSandbox[];
  /** What the host that the row names says; null where it names none. */
  sight: Sight | null;
  knownHosts: readonly HostId[];
  /** This controller, as leases name it. */
  holder: string;
  /** This controller is acting on it right now. */
  isAtWork: boolean;
  nowMs: number;
}

export interface Finding {
  state: StuckState;
  detail: string;
}

export function diagnose(facts: Facts): Finding[] {
  const { row, isAtWork, holder, nowMs } = facts;
  if (row.purgedAtMs !== null || isAtWork) return [];
  const isOpen = needsWork(row, holder, nowMs);
  return [
    ...fences(facts, isOpen),
    ...places(facts),
    ...leftovers(facts),
    ...(row.phase === 'failed' && (row.retryAtMs ?? 0) > nowMs
      ? [{ state: 'backing_off' as const, detail: `${row.attempts} attempts failed: ${row.problem}` }]
      : []),
    ...(isOpen ? [unfinished(row)] : []),
  ].filter((finding) => finding !== null);
}

/** A running one is seen to by what its host says. */
function unfinished({ phase, desired }: WorkspaceRow): Finding | null {
  if (phase === 'running') return null;
  if (phase === 'deleted' && desired === 'deleted')
    return { state: 'purge_overdue', detail: 'its undo has ended' };
  return { state: 'interrupted', detail: `it is ${phase} and wanted ${desired}` };
}

function* fences({ row, files, sandboxes, holder, nowMs }: Facts, isOpen: boolean): Generator<Finding> {
  const isLeased = row.leaseHolder !== null && (row.leaseExpiresAtMs ?? 0) > nowMs;
  if (isOpen && isLeased && row.leaseHolder !== holder)
    yield { state: 'lease_of_another', detail: `${row.leaseHolder} holds it` };
  if (files && files.epoch > row.epoch)
    yield { state: 'files_ahead', detail: `files ${files.epoch}, row ${row.epoch}` };
  for (const { sandboxId, epoch } of sandboxes)
    if (epoch > row.epoch)
      yield { state: 'sandbox_ahead', detail: `${sandboxId} ${epoch}, row ${row.epoch}` };
}

function* places({ row, sight, knownHosts }: Facts): Generator<Finding> {
  if (row.hostId === null) return;
  if (!knownHosts.includes(row.hostId)) yield { state: 'host_unknown', detail: row.hostId };
  else if (sight === 'unknown') yield { state: 'host_silent', detail: row.hostId };
  else if (row.phase === 'running' && sight === 'none')
    yield { state: 'running_without_sandbox', detail: row.hostId };
}

function* leftovers({ row, files, sandboxes, rest }: Facts): Generator<Finding> {
  for (const sandbox of sandboxes)
    if (isOrphan(sandbox, row, rest)) yield { state: 'orphaned_sandbox', detail: sandbox.sandboxId };
  const rests = row.phase === 'suspended' || row.phase === 'deleted';
  const isAtRest = rest !== null && isFrozen(rest) && rest.hostId === files?.attachedHost;
  if (rests && files && files.attachedHost !== null && !isAtRest)
    yield { state: 'files_without_owner', detail: `on ${files.attachedHost}` };
}
