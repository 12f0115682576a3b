/** What the planner is told about a workspace: its row, and what this host and the gateway know of it now. */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { HostId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { type IdleRules, idleSecondsWithin } from '@cellbook/shared/protocol/quota.ts';
import type { Phase } from '@cellbook/shared/protocol/workspace.ts';
import type { Hosts } from '../host/hosts.ts';
import { isFrozen, type Rest } from '../ladder/rest.ts';
import type { RestStore } from '../ladder/rest-store.ts';
import type { SandboxExit } from '../sandbox/driver.ts';
import type { WorkspaceVolumes } from '../storage/workspace-volumes.ts';
import type { Activity } from './activity.ts';
import type { Adoptions } from './adoptions.ts';
import type { Problem } from './phases.ts';
import type { Observed, SandboxState } from './plan.ts';
import type { Silences } from './silences.ts';
import type { WorkspaceRow } from './stores/workspace-row.ts';

export interface ObserveTools {
  hosts: Hosts;
  rests: RestStore;
  /** Frozen sandboxes whose places are needed. */
  isPlaceNeeded(workspaceId: WorkspaceId): boolean;
  /** What its organisation allows; absent: anything. */
  idleRules?(row: WorkspaceRow): Promise<IdleRules>;
  volumes: Pick<WorkspaceVolumes, 'isOnHost'>;
  adoptions: Adoptions;
  silences: Silences;
  activity: Activity;
  clock: Clock;
  isDraining(): boolean;
  isDemanded(workspaceId: WorkspaceId): boolean;
}

export async function observe(tools: ObserveTools, row: WorkspaceRow): Promise<Observed> {
  const { hosts, activity, clock, isDraining, isDemanded } = tools;
  const sandbox = await sandboxState(tools, row);
  // One that runs keeps nothing: what there was went before it was announced.
  // Also reads whether it is busy, which counts as use.
  const busy = row.phase === 'running' && activity.isBusy(row.id);
  const rest = row.phase === 'running' || !hosts.keepAny ? null : await tools.rests.get(row.id);
  return {
    desired: row.desired,
    phase: row.phase,
    epoch: row.epoch,
    dormant: row.dormant,
    retryAtMs: row.retryAtMs,
    undoUntilMs: row.undoUntilMs,
    purged: row.purgedAtMs !== null,
    idleSuspendSeconds: await idleSecondsOf(tools, row),
    busy,
    lastActiveAtMs: activity.lastUsedAtMs(row.id, row.lastActiveAtMs),
    notIdleBeforeMs: tools.adoptions.notIdleBeforeMs(row.id),
    sandbox,
    silentMs: tools.silences.note(row.id, sandbox === 'unknown'),
    ...describeRest(tools, row, rest, sandbox),
    failedAdoptions: tools.adoptions.failuresOf(row.id),
    roomElsewhere: await hasRoomElsewhere(tools, row),
    loss: await lossOf(tools, row, sandbox),
    demanded: isDemanded(row.id),
    draining: isDraining() || (row.hostId !== null && isToLeave(hosts, row.hostId, busy)),
    nowMs: clock.nowMs(),
  };
}

const isToLeave = (hosts: Hosts, hostId: HostId, busy: boolean): boolean =>
  hosts.isDraining(hostId) && !(busy && hosts.waitsForBusy(hostId));

/** For one that could not be brought up where it was to be. */
async function hasRoomElsewhere({ hosts, volumes }: ObserveTools, row: WorkspaceRow): Promise<boolean> {
  const { id, phase, hostId } = row;
  if (phase !== 'failed' || hostId === null) return false;
  if (hosts.hasRoomElsewhere(hostId)) return true;
  // One that does not answer and has none of its files has nothing of it that could be running.
  const isAway = (await hosts.look(hostId, id)) === 'unknown' && !(await volumes.isOnHost(id));
  return isAway && hosts.ids.some((other) => hosts.isOpen(other));
}

/** Only one that runs can be idle. */
async function idleSecondsOf({ idleRules }: ObserveTools, row: WorkspaceRow): Promise<number | null> {
  if (row.phase !== 'running' || !idleRules) return row.idleSuspendSeconds;
  return idleSecondsWithin(row.idleSuspendSeconds, (await idleRules(row)).secondsMax);
}

function describeRest(
  { hosts, isPlaceNeeded }: ObserveTools,
  row: WorkspaceRow,
  rest: Rest | null,
  sandbox: SandboxState,
) {
  const hostId = row.hostId ?? rest?.hostId ?? null;
  return {
    rest: rest === null ? ('none' as const) : isFrozen(rest) ? ('frozen' as const) : ('stored' as const),
    restDueAtMs: rest?.dueAtMs ?? null,
    placeNeeded: rest !== null && (isPlaceNeeded(row.id) || hosts.isDraining(rest.hostId)),
    // One that has not answered this controller yet has not said so either.
    keepsMemory: sandbox === 'unknown' || (hostId !== null && hosts.keeps(hostId) !== null),
  };
}

/** Asks the host only where the answer decides something: while the row says that there may be a sandbox. */
async function sandboxState({ hosts, volumes }: ObserveTools, row: WorkspaceRow): Promise<SandboxState> {
  const sandbox = hosts.current(row.id);
  if (sandbox?.epoch === row.epoch) return 'usable';
  if (row.hostId === null || !mayHaveSandbox.has(row.phase)) return 'none';
  const sight = await hosts.look(row.hostId, row.id);
  if (sight !== 'unknown') return sight === 'there' ? 'adoptable' : sight;
  // A host runs nothing without the files: one that has none of them need not be heard.
  return (await volumes.isOnHost(row.id)) ? 'unknown' : 'none';
}

const mayHaveSandbox: ReadonlySet<Phase> = new Set(['resuming', 'running', 'suspending']);

/** Why it is gone, where that is known. A host that is stopped without its controller stores and gives back all files first. */
async function lossOf(
  { hosts, volumes }: ObserveTools,
  row: WorkspaceRow,
  sandbox: SandboxState,
): Promise<Problem | null> {
  const loss = describeLoss(hosts.lastLoss(row.id));
  if (loss !== null || sandbox !== 'none' || row.phase !== 'running') return loss;
  return (await volumes.isOnHost(row.id)) ? null : putAwayByItsHost;
}

const putAwayByItsHost: Problem = {
  code: 'sandbox_unavailable',
  text: 'Its host was stopped while it ran. All files were stored first; variables are gone.',
};

function describeLoss(exit: SandboxExit | null): Problem | null {
  if (exit === null || exit.reason === 'stopped') return null;
  if (exit.reason === 'out_of_memory') {
    const megabytes = Math.round(exit.memoryBytesMax / 1024 ** 2);
    return {
      code: 'out_of_memory',
      text: `The sandbox used more memory than its limit of ${megabytes} MiB and was stopped. Files are intact.`,
    };
  }
  if (exit.reason === 'files_lost')
    return {
      code: 'sandbox_unavailable',
      text: 'Its host could no longer read its files, and ended it. Files are intact; the next use starts it again.',
    };
  return {
    code: 'sandbox_unavailable',
    text: 'The sandbox ended unexpectedly. Files are intact; the next use starts a new one.',
  };
}
