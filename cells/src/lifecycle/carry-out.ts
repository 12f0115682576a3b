/**
 * Carries out one action of the planner under a lease: the event that begins it, its steps, the event that
 * ends it. Each step's intent is written before it is awaited and its outcome after. A failure ends in the
 * phase `failed` with a time to try again; losing the lease ends everything at once and writes nothing, since
 * the workspace is another's by then.
 *
 * A process can die between any two of these (lifecycle/crash tries each). Failpoints, in the order they are
 * passed: `lifecycle.<action>.<event>.before` and `.after` around the commit of an event; for each step
 * `lifecycle.<action>.<step>.before` its intent, `.recorded` once that is written, `.after` its effect and
 * before its outcome is written.
 */
import { assertNever } from '@cellbook/shared/assert-never.ts';
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { type CellbookError, toCellbookError } from '@cellbook/shared/errors.ts';
import type { Failpoint } from '@cellbook/shared/failpoint.ts';
import type { HostId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { retryDelayMs } from '@cellbook/shared/retry.ts';
import { type CommitTools, commitEvent } from './commit-event.ts';
import type { PhaseEvent } from './phases.ts';
import type { Action, StepName } from './plan.ts';
import type { StepContext, Steps, StepTools } from './steps/step.ts';
import type { TransitionStore } from './stores/transition-store.ts';
import type { WorkspaceRow } from './stores/workspace-row.ts';

export interface CarryOutDeps extends CommitTools {
  steps: Steps;
  tools: StepTools;
  transitions: TransitionStore;
  clock: Clock;
  random: Random;
  log: Logger;
  /** Told how long each step took. */
  observeStep(step: StepName, outcome: 'ok' | 'failed', durationMs: number): void;
  failpoint?: Failpoint;
}

export type WorkAction = Exclude<Action, { type: 'wait' } | { type: 'ask_idle_suspend' }>;
export type Outcome =
  | { ok: true; row: WorkspaceRow }
  | { ok: false; row: WorkspaceRow; error: CellbookError };

/** Throws `stale_epoch` when the lease is lost on the way. */
export async function carryOut(
  deps: CarryOutDeps,
  row: WorkspaceRow,
  action: WorkAction,
  leaseSignal: AbortSignal,
): Promise<Outcome> {
  const begun = await begin(deps, row, action);
  try {
    const steps = 'steps' in action ? action.steps : [];
    const { id: workspaceId, ownerId, orgId, epoch, tier } = row;
    const context: StepContext = {
      workspaceId,
      ownerId,
      orgId,
      epoch,
      tier,
      homeDirectory: null,
      hostId: begun.hostId,
    };
    for (const step of steps) await runStep(deps, begun, action.type, step, context, leaseSignal);
    leaseSignal.throwIfAborted();
    const ended = await end(deps, begun, row.generation, action);
    if (ended.phase === 'suspended') await trimRecord(deps, ended);
    return { ok: true, row: ended };
  } catch (thrown) {
    leaseSignal.throwIfAborted();
    const error = toCellbookError(thrown, `carrying out "${action.type}" for workspace ${row.id}`);
    if (error.code === 'stale_epoch') throw error;
    deps.log.error({ err: thrown, workspaceId: row.id, action: action.type }, 'an action failed');
    if (action.type === 'adopt') return { ok: false, row: begun, error };
    if (action.type === 'resume') await removeHalfStarted(deps, begun);
    return { ok: false, row: await fail(deps, begun, row.generation, action, error), error };
  }
}

function begin(
  deps: CarryOutDeps,
  row: WorkspaceRow,
  action: WorkAction,
): Promise<WorkspaceRow> | WorkspaceRow {
  const by = { generation: row.generation, epoch: row.epoch };
  switch (action.type) {
    case 'resume':
      return commit(
        deps,
        action,
        row,
        { ...by, type: 'resume_begun' },
        row.hostId ?? deps.tools.hosts.choose(),
      );
    case 'suspend':
      if (row.phase === 'suspending') return row;
      return commit(deps, action, row, { ...by, type: 'suspend_begun', dormant: action.dormant }, row.hostId);
    case 'give_up_sandbox': {
      const { dormant, problem } = action;
      return commit(deps, action, row, { ...by, type: 'sandbox_lost', dormant, problem }, row.hostId);
    }
    case 'delete':
      if (row.phase === 'deleting') return row;
      return commit(deps, action, row, { ...by, type: 'delete_begun' }, row.hostId);
    case 'adopt':
    case 'restore':
    case 'purge':
      return row;
    default:
      return assertNever(action);
  }
}

function end(
  deps: CarryOutDeps,
  row: WorkspaceRow,
  generation: number,
  action: WorkAction,
): Promise<WorkspaceRow> | WorkspaceRow {
  const by = { generation, epoch: row.epoch };
  switch (action.type) {
    case 'resume':
      return commit(deps, action, row, { ...by, type: 'sandbox_started', rung: 'cold' }, row.hostId);
    case 'adopt':
      // Nothing of the row changes; whoever waits is told that it can be used.
      deps.observeRow(row);
      return row;
    case 'suspend':
    case 'give_up_sandbox':
    case 'delete':
      return commit(deps, action, row, { ...by, type: 'sandbox_stopped' }, null);
    case 'restore':
      return commit(deps, action, row, { ...by, type: 'restored' }, null);
    case 'purge':
      return commit(deps, action, row, { ...by, type: 'purged', atMs: deps.clock.nowMs() }, null);
    default:
      return assertNever(action);
  }
}

async function commit(
  deps: CarryOutDeps,
  action: WorkAction,
  row: WorkspaceRow,
  event: PhaseEvent,
  hostId: HostId | null,
): Promise<WorkspaceRow> {
  const point = `lifecycle.${action.type}.${event.type}`;
  await deps.failpoint?.(`${point}.before`, row.id);
  const committed = await commitEvent(deps, row, event, hostId);
  await deps.failpoint?.(`${point}.after`, row.id);
  return committed;
}

async function runStep(
  deps: CarryOutDeps,
  row: WorkspaceRow,
  action: WorkAction['type'],
  name: StepName,
  context: StepContext,
  leaseSignal: AbortSignal,
): Promise<void> {
  const { clock, transitions, holder } = deps;
  const step = deps.steps[name];
  const { id: workspaceId, generation, epoch } = row;
  const entry = { workspaceId, generation, epoch, holder, step: name };
  const point = `lifecycle.${action}.${name}`;
  leaseSignal.throwIfAborted();
  await deps.failpoint?.(`${point}.before`, workspaceId);
  await transitions.append({ ...entry, kind: 'intent', atMs: clock.nowMs() });
  await deps.failpoint?.(`${point}.recorded`, workspaceId);
  const startedMs = clock.monotonicMs();
  const details = { code: step.code, doing: step.doing, ids: { workspaceId } };
  const work = (signal: AbortSignal) => step.run(deps.tools, context, signal);
  const failure = await withDeadline(clock, step.deadlineMs, details, work, leaseSignal).then(
    () => null,
    (thrown) => toCellbookError(thrown, step.doing),
  );
  const durationMs = clock.monotonicMs() - startedMs;
  deps.observeStep(name, failure ? 'failed' : 'ok', durationMs);
  const outcome = failure ? 'failed' : 'ok';
  const problem = failure?.problem ?? null;
  await deps.failpoint?.(`${point}.after`, workspaceId);
  await transitions.append({ ...entry, kind: 'outcome', outcome, durationMs, problem, atMs: clock.nowMs() });
  leaseSignal.throwIfAborted();
  if (failure && (step.required || failure.code === 'stale_epoch')) throw failure;
  if (failure) deps.log.warn({ err: failure, workspaceId, step: name }, 'a step failed; going on without it');
}

function fail(
  deps: CarryOutDeps,
  row: WorkspaceRow,
  generation: number,
  action: WorkAction,
  error: CellbookError,
): Promise<WorkspaceRow> | WorkspaceRow {
  // A purge or restore that fails leaves the row as it is: the next sweep finds it again.
  if (action.type === 'purge' || action.type === 'restore') return row;
  const attempt = row.attempts + 1;
  const delayMs = error.retryAfterMs ?? retryDelayMs(attempt, limits.lifecycle.retry, deps.random);
  const retryAtMs = deps.clock.nowMs() + delayMs;
  const problem = { code: error.code, text: error.problem };
  const event = { type: 'attempt_failed', problem, retryAtMs, generation, epoch: row.epoch } as const;
  return commit(deps, action, row, event, row.hostId);
}

/** Housekeeping, at the one moment when nobody waits. */
async function trimRecord(
  { transitions, log }: CarryOutDeps,
  { id: workspaceId }: WorkspaceRow,
): Promise<void> {
  await transitions.trim(workspaceId, limits.lifecycle.transitionsKept).catch((error: unknown) => {
    log.warn({ err: error, workspaceId }, 'trimming the record failed; the next suspend does it');
  });
}

/** What did start must not take up a place while the workspace waits for its next attempt. */
async function removeHalfStarted(deps: CarryOutDeps, row: WorkspaceRow): Promise<void> {
  try {
    if (row.hostId !== null) await deps.tools.hosts.on(row.hostId).stop(row.id, row.epoch);
    for (const listener of deps.tools.listeners) listener.onStopped(row.id);
  } catch (error) {
    deps.log.warn(
      { err: error, workspaceId: row.id },
      'removing a half-started sandbox failed; the sweep will',
    );
  }
}
