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
import type { RestStore } from '../../ladder/rest-store.ts';
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
  rests: Pick<RestStore, 'get'>;
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
  const { clock, log, lifecycle } = deps;
  const endMs = clock.monotonicMs() + limits.lifecycle.recoverWaitMs;
  const found: Finding[] = [];
  const done: Done[] = [];
  const first = await look(deps, workspaceId);
  if (first.row.purgedAtMs !== null) throw gone(workspaceId);
  for (let facts = first; ; facts = await look(deps, workspaceId)) {
    const news = diagnose(facts).filter((finding) => !found.some((known) => isSame(known, finding)));
    if (news.length > 0) {
      log.warn({ workspaceId, found: news }, 'recovering a workspace');
      // One that is taken over at this moment is looked at again.
      if (await act(deps, facts, news, done)) found.push(...news);
    }
    // Asked first: whoever is through then has written what is read. A running one that was just taken up says nothing.
    const isAtWork = lifecycle.isAtWork(workspaceId);
    const row = (await deps.store.get(workspaceId)) ?? facts.row;
    const isOpen = needsWork(row, lifecycle.holder, clock.nowMs()) || (row.phase === 'running' && isAtWork);
    const settled = row.phase !== 'failed' && !isOpen;
    // Of one that fails again it says so; whoever is at work may be, too: what he leaves is looked at.
    const isFailedAgain = row.phase === 'failed' && row.attempts > first.row.attempts;
    if (settled || isFailedAgain || clock.monotonicMs() > endMs) return { found, done, settled, row };
    await sleep(clock, limits.lifecycle.recoverLookMs);
  }
}

/** The same state is acted on once: what did not help at first is told, not repeated. */
const isSame = (one: Finding, other: Finding): boolean => one.state === other.state;

async function act(
  deps: RecoverDeps,
  facts: Facts,
  found: readonly Finding[],
  done: Done[],
): Promise<boolean> {
  const has = (state: StuckState) => found.some((finding) => finding.state === state);
  const row = fencing.some(has) ? await raiseEpoch(deps, facts, done) : facts.row;
  if (!row) return false;
  await destroyOrphans(deps, facts, found, done);
  if (has('files_without_owner')) await storeFiles(deps, row, done);
  if (has('backing_off')) await clearBackOff(deps, row, done);
  deps.lifecycle.wake(row.id);
  done.push({ action: 'planned_again', detail: `wanted ${row.desired}` });
  return true;
}

async function look(deps: RecoverDeps, workspaceId: WorkspaceId): Promise<Facts> {
  const { store, manifests, rests, hosts, lifecycle, clock, log } = deps;
  // Sandboxes before the row, so that one being started meanwhile is never taken for an orphan.
  const listed = await hosts.list((hostId, error) =>
    log.warn({ err: error, hostId }, 'a host does not say what it has'),
  );
  const row = await store.get(workspaceId);
  if (!row) throw gone(workspaceId);
  return {
    row,
    files: await manifests.read(workspaceId),
    rest: await rests.get(workspaceId),
    sandboxes: listed.filter((sandbox) => sandbox.workspaceId === workspaceId),
    sight: row.hostId === null ? null : await hosts.look(row.hostId, workspaceId),
    knownHosts: hosts.ids,
    holder: lifecycle.holder,
    isAtWork: lifecycle.isAtWork(workspaceId),
    nowMs: clock.nowMs(),
  };
}

/** Null when somebody else did, since we looked. */
async function raiseEpoch(
  { fence, hosts }: RecoverDeps,
  facts: Facts,
  done: Done[],
): Promise<WorkspaceRow | null> {
  const { row, files, sandboxes } = facts;
  const seen = [files?.epoch ?? 0, ...sandboxes.map(({ epoch }) => epoch)];
  const hostId = row.hostId !== null && hosts.ids.includes(row.hostId) ? row.hostId : null;
  const raised = await fence.raise(row.id, { epoch: row.epoch, above: Math.max(...seen), hostId });
  if (raised) done.push({ action: 'raised_epoch', detail: `from ${row.epoch} to ${raised.epoch}` });
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

const gone = (workspaceId: WorkspaceId): CellbookError =>
  new CellbookError('gone', {
    doing: `recovering workspace ${workspaceId}`,
    problem: 'it is deleted for good',
    ids: { workspaceId },
  });
