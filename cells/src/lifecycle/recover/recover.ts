/**
 * `recover`: looks at a workspace from all sides (row, files' row, hosts, lease), says in which of the stuck
 * states of diagnose.ts it is, does at once what would end each, and waits a while for the outcome. Nothing
 * it does can lose an acknowledged save: whoever acted before is fenced by a new epoch, files that lie on a
 * host are stored before they are taken off it, and all else is the reconciler's ordinary work. Of one in
 * order it changes nothing, so a second call after a first that succeeded finds and does nothing.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { sleep } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { RecoverAction, StuckState } from '@cellbook/shared/protocol/recover-api.ts';
import type { Hosts } from '../../host/hosts.ts';
import type { ManifestStore } from '../../storage/manifests/manifest-store.ts';
import type { WorkspaceVolumes } from '../../storage/workspace-volumes.ts';
import { needsWork, type WorkspaceRow } from '../stores/workspace-row.ts';
import type { WorkspaceStore } from '../stores/workspace-store.ts';
import { diagnose, type Facts, type Finding } from './diagnose.ts';
import type { Fence } from './fence.ts';

export interface RecoverDeps {
  store: WorkspaceStore;
  fence: Fence;
  manifests: Pick<ManifestStore, 'read'>;
  volumes: Pick<WorkspaceVolumes, 'flush' | 'detach'>;
  hosts: Hosts;
  clock: Clock;
  log: Logger;
  /** Of the lifecycle of this process. */
  lifecycle: {
    readonly holder: string;
    isAtWork(workspaceId: WorkspaceId): boolean;
    wake(workspaceId: WorkspaceId): void;
  };
}

export interface Done {
  action: RecoverAction;
  detail: string;
}

export interface Recovered {
  found: Finding[];
  done: Done[];
  settled: boolean;
  row: WorkspaceRow;
}

/** States in which somebody else may still believe that he has the workspace. */
const fencing: readonly StuckState[] = [
  'lease_of_another',
  'files_ahead',
  'sandbox_ahead',
  'host_unknown',
  'files_without_owner',
];

export async function recover(deps: RecoverDeps, workspaceId: WorkspaceId): Promise<Recovered> {
  const facts = await look(deps, workspaceId);
  const found = diagnose(facts);
  if (found.length === 0) {
    const settled = await settles(deps, facts.row);
    return { found, done: [], settled: settled.settled, row: settled.row };
  }
  deps.log.warn({ workspaceId, found }, 'recovering a workspace');
  const done: Done[] = [];
  const has = (state: StuckState) => found.some((finding) => finding.state === state);
  let { row } = facts;
  if (fencing.some(has)) row = await raiseEpoch(deps, facts, done);
  await destroyOrphans(deps, facts, found, done);
  if (has('files_without_owner')) await storeFiles(deps, row, done);
  if (has('backing_off')) await clearBackOff(deps, row, done);
  deps.lifecycle.wake(workspaceId);
  done.push({ action: 'planned_again', detail: `wanted ${row.desired}` });
  return { found, done, ...(await settles(deps, row)) };
}

async function look(deps: RecoverDeps, workspaceId: WorkspaceId): Promise<Facts> {
  const { store, manifests, hosts, lifecycle, clock, log } = deps;
  // Sandboxes before the row, so that one being started meanwhile is never taken for an orphan.
  const listed = await hosts.list((hostId, error) =>
    log.warn({ err: error, hostId }, 'a host does not say what it has'),
  );
  const row = await store.get(workspaceId);
  if (!row || row.purgedAtMs !== null) throw gone(workspaceId);
  return {
    row,
    files: await manifests.read(workspaceId),
    sandboxes: listed.filter((sandbox) => sandbox.workspaceId === workspaceId),
    sight: row.hostId === null ? null : await hosts.look(row.hostId, workspaceId),
    knownHosts: hosts.ids,
    holder: lifecycle.holder,
    isAtWork: lifecycle.isAtWork(workspaceId),
    nowMs: clock.nowMs(),
  };
}

async function raiseEpoch({ fence, hosts }: RecoverDeps, facts: Facts, done: Done[]): Promise<WorkspaceRow> {
  const { row, files, sandboxes } = facts;
  const seen = [files?.epoch ?? 0, ...sandboxes.map(({ epoch }) => epoch)];
  const hostId = row.hostId !== null && hosts.ids.includes(row.hostId) ? row.hostId : null;
  const raised = await fence.raise(row.id, { epoch: row.epoch, above: Math.max(...seen), hostId });
  if (!raised) throw changedMeanwhile(row.id);
  done.push({ action: 'raised_epoch', detail: `from ${row.epoch} to ${raised.epoch}` });
  return raised;
}

async function destroyOrphans(
  { hosts }: RecoverDeps,
  { sandboxes }: Facts,
  found: readonly Finding[],
  done: Done[],
): Promise<void> {
  const orphans = new Set(
    found.filter(({ state }) => state === 'orphaned_sandbox').map(({ detail }) => detail),
  );
  for (const { sandboxId, hostId } of sandboxes) {
    if (!orphans.has(sandboxId)) continue;
    await hosts.on(hostId).destroy(sandboxId);
    done.push({ action: 'destroyed_sandbox', detail: `${sandboxId} on ${hostId}` });
  }
}

/** Whatever is still on the host is kept before it is taken off. */
async function storeFiles({ volumes, clock }: RecoverDeps, row: WorkspaceRow, done: Done[]): Promise<void> {
  const abort = new AbortController();
  const deadline = clock.setTimer(limits.lifecycle.recoverWaitMs, () => abort.abort());
  try {
    const { version, files } = await volumes.flush(row.id, row.epoch, abort.signal);
    await volumes.detach(row.id, row.epoch);
    done.push({ action: 'stored_files', detail: `${files} files, version ${version}` });
  } finally {
    deadline.cancel();
  }
}

async function clearBackOff({ store, clock }: RecoverDeps, row: WorkspaceRow, done: Done[]): Promise<void> {
  const { desired } = row;
  await store.request(row.id, { desired, from: [desired], nowMs: clock.nowMs() });
  done.push({ action: 'cleared_back_off', detail: `after ${row.attempts} failed attempts` });
}

/** Waits until nothing is left to do, another attempt has failed, or it has taken long enough. */
async function settles({ store, clock, lifecycle }: RecoverDeps, before: WorkspaceRow) {
  const endMs = clock.monotonicMs() + limits.lifecycle.recoverWaitMs;
  for (;;) {
    const row = (await store.get(before.id)) ?? before;
    const isFailed = row.phase === 'failed' && row.attempts > before.attempts;
    const settled = row.phase !== 'failed' && !needsWork(row, lifecycle.holder, clock.nowMs());
    if (settled || isFailed || clock.monotonicMs() > endMs) return { settled, row };
    await sleep(clock, limits.lifecycle.recoverLookMs);
  }
}

const gone = (workspaceId: WorkspaceId): CellbookError =>
  new CellbookError('gone', {
    doing: `recovering workspace ${workspaceId}`,
    problem: 'it is deleted for good',
    ids: { workspaceId },
  });

const changedMeanwhile = (workspaceId: WorkspaceId): CellbookError =>
  new CellbookError('conflict', {
    doing: `recovering workspace ${workspaceId}`,
    problem: 'somebody took it over meanwhile',
    next: 'Read it again; if it is still stuck, recover it again.',
    ids: { workspaceId },
  });
