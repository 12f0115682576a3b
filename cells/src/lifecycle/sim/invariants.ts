/**
 * What holds at every moment (`always_`) and once the trouble has ended (`eventually_`). Each returns what is
 * wrong, or null. They read plain observations, so the same functions can judge a running cell.
 */
import type { Rung } from '@cellbook/shared/protocol/resume.ts';
import type { Desired, Phase } from '@cellbook/shared/protocol/workspace.ts';

export interface SeenSandbox {
  workspaceId: string;
  epoch: number;
  state: 'starting' | 'live' | 'frozen';
}

export interface SeenWorkspace {
  id: string;
  desired: Desired;
  phase: Phase;
  dormant: boolean;
  epoch: number;
  purged: boolean;
}

/** What a sandbox remembers, as a counter that only its boot begins anew. */
export interface SeenMemory {
  bootedAtMs: number;
  count: number;
}

export interface SeenVolume {
  workspaceId: string;
  stored: number;
  live: number | null;
  destroyed: boolean;
}

/** On one host, those that are frozen included. */
export function always_one_sandbox_per_workspace(sandboxes: readonly SeenSandbox[]): string | null {
  const seen = new Set<string>();
  for (const { workspaceId } of sandboxes) {
    if (seen.has(workspaceId)) return `workspace ${workspaceId} has two sandboxes`;
    seen.add(workspaceId);
  }
  return null;
}

/** On all hosts together: a frozen one may be left on a host that could not be told to end it, and never goes on. */
export function always_one_that_runs(sandboxes: readonly SeenSandbox[]): string | null {
  return always_one_sandbox_per_workspace(sandboxes.filter(({ state }) => state !== 'frozen'));
}

/** What an owner has seen of its memory is never followed by something older. */
export function always_memory_goes_on(workspaceId: string, seen: SeenMemory, now: SeenMemory): string | null {
  const isOlder = now.bootedAtMs < seen.bootedAtMs;
  const wentBack = now.bootedAtMs === seen.bootedAtMs && now.count < seen.count;
  if (!isOlder && !wentBack) return null;
  const text = ({ bootedAtMs, count }: SeenMemory) => `${count} since the boot of ${bootedAtMs}`;
  return `the memory of ${workspaceId} went back from ${text(seen)} to ${text(now)}`;
}

/** Who is told that his memory came back has it, and who has it is not told that it is lost. */
export function always_told_what_came_back(
  workspaceId: string,
  rung: Rung | null,
  cameBack: boolean,
): string | null {
  if (rung === null) return null;
  const isTold = rung === 'live' || rung === 'memory' || rung === 'memory-remote';
  if (isTold === cameBack) return null;
  return `${workspaceId} came back by "${rung}", and its memory ${cameBack ? 'is' : 'is not'} there`;
}

/** Who was suspended a moment ago may have a frozen sandbox, until its time is over. */
export function withoutThoseInTheirLiveTime<Seen extends SeenSandbox & { sandboxId: string }>(
  sandboxes: readonly Seen[],
  rests: readonly { sandboxId: string; dueAtMs: number }[],
  nowMs: number,
): Seen[] {
  const kept = new Set(rests.filter(({ dueAtMs }) => dueAtMs > nowMs).map(({ sandboxId }) => sandboxId));
  return sandboxes.filter(({ state, sandboxId }) => state !== 'frozen' || !kept.has(sandboxId));
}

/** What is kept of its memory goes with the workspace, and in time. */
export function eventually_no_rest_outlives(
  rows: readonly SeenWorkspace[],
  rests: readonly { workspaceId: string; dueAtMs: number }[],
  nowMs: number,
): string | null {
  for (const { workspaceId, dueAtMs } of rests) {
    const row = rows.find(({ id }) => id === workspaceId);
    if (!row || row.phase === 'deleted') return `memory of ${workspaceId}, which is deleted, is kept`;
    if (dueAtMs < nowMs) return `what ${workspaceId} keeps of its memory is overdue`;
  }
  return null;
}

export function always_within_capacity(sandboxes: readonly SeenSandbox[], capacity: number): string | null {
  return sandboxes.length <= capacity ? null : `${sandboxes.length} sandboxes in ${capacity} places`;
}

/** A controller that was replaced starts nothing after its successor did. */
export function always_rising_epochs(workspaceId: string, before: number, started: number): string | null {
  if (started >= before) return null;
  return `a sandbox of ${workspaceId} starts under epoch ${started} after one under ${before}`;
}

/** Whatever code wrote is stored before it is taken off the host. */
export function always_stored_before_detached(volume: SeenVolume): string | null {
  if (volume.live === null || volume.live <= volume.stored) return null;
  return `workspace ${volume.workspaceId} loses what was written since ${volume.stored} (${volume.live})`;
}

export function always_undoable_until_purged(
  volume: SeenVolume,
  row: SeenWorkspace | null,
  undoEnded: boolean,
): string | null {
  const isRightful = row !== null && row.desired === 'deleted' && undoEnded;
  return isRightful ? null : `the files of ${volume.workspaceId} are destroyed before its undo has ended`;
}

export function eventually_as_wanted(row: SeenWorkspace, sandboxes: readonly SeenSandbox[]): string | null {
  const own = sandboxes.filter(({ workspaceId }) => workspaceId === row.id);
  const expected = row.desired === 'running' && !row.dormant ? 'running' : restingPhase(row);
  if (row.phase !== expected) return `workspace ${row.id} is ${row.phase} and should be ${expected}`;
  if (expected !== 'running') return own.length === 0 ? null : `workspace ${row.id} rests but has a sandbox`;
  const [sandbox] = own;
  const isRight = own.length === 1 && sandbox?.state === 'live' && sandbox.epoch === row.epoch;
  return isRight ? null : `workspace ${row.id} runs without a live sandbox of its epoch ${row.epoch}`;
}

const restingPhase = (row: SeenWorkspace): Phase => (row.desired === 'deleted' ? 'deleted' : 'suspended');

export function eventually_every_caller_has_an_answer(unanswered: number): string | null {
  return unanswered === 0 ? null : `${unanswered} callers of ensureRunning never got an answer`;
}

/** Something on a host that belongs to a sandbox or to a live directory; null where nothing accounts for it. */
export interface SeenOnHost {
  kind: string;
  name: string;
  workspaceId: string | null;
}

/** Processes, cgroups, mounts, directories: each is a live workspace's. */
export function eventually_nothing_leaked(
  things: readonly SeenOnHost[],
  live: ReadonlySet<string>,
): string | null {
  const leaked = things.filter(({ workspaceId }) => workspaceId === null || !live.has(workspaceId));
  return leaked.length === 0
    ? null
    : `left over: ${leaked.map(({ kind, name }) => `${kind} ${name}`).join('; ')}`;
}

export interface SeenTransition {
  kind: 'intent' | 'outcome' | 'phase';
  epoch: number;
  /** The step or the event. */
  what: string;
  from: Phase | null;
  to: Phase | null;
}

/**
 * Each change of phase begins where the last one ended, epochs only rise, and no step is done that was not
 * announced under the same epoch.
 */
export function always_a_chain(workspaceId: string, chain: readonly SeenTransition[]): string | null {
  let phase: Phase = 'suspended';
  let epoch = 0;
  const announced = new Set<string>();
  for (const { kind, what, from, to, epoch: by } of chain) {
    if (by < epoch) return `workspace ${workspaceId}: ${what} of epoch ${by} after one of epoch ${epoch}`;
    epoch = by;
    if (kind === 'intent') announced.add(`${by} ${what}`);
    if (kind === 'outcome' && !announced.has(`${by} ${what}`))
      return `workspace ${workspaceId}: ${what} was done in epoch ${by} without its intent`;
    if (kind !== 'phase') continue;
    if (from !== phase) return `workspace ${workspaceId}: ${what} leaves ${from}, but it was ${phase}`;
    phase = to ?? phase;
  }
  return null;
}

export function always_acknowledged_saves_are_kept(
  workspaceId: string,
  missing: readonly string[],
): string | null {
  return missing.length === 0 ? null : `workspace ${workspaceId} lost ${missing.join(', ')}`;
}

/** Whoever was replaced can write neither the row nor the files any more. */
export function always_older_epochs_refused(workspaceId: string, accepted: readonly string[]): string | null {
  return accepted.length === 0 ? null : `${accepted.join(' and ')} of ${workspaceId} took an older epoch`;
}
