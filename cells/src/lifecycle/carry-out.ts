/**
 * Carries out one action of the planner under a lease: the event that begins it, its steps (run-steps.ts), the
 * event that ends it. A failure ends in the phase `failed` with a time to try again; losing the lease ends
 * everything at once, since the workspace is another's by then.
 *
 * A process can die between any two of these (lifecycle/crash tries each). Failpoints:
 * `lifecycle.<action>.<event>.before` and `.after` around the commit of an event; for each step
 * `lifecycle.<action>.<step>.before` the write that holds its intent, `.recorded` once that is written, `.after`
 * its effect and before the write that holds its outcome.
 */
import { assertNever } from '@cellbook/shared/assert-never.ts';
import type { Clock } from '@cellbook/shared/clock.ts';
import { type CellbookError, toCellbookError } from '@cellbook/shared/errors.ts';
import type { Failpoint } from '@cellbook/shared/failpoint.ts';
import type { HostId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { retryDelayMs } from '@cellbook/shared/retry.ts';
import { isFrozen, type Rest } from '../ladder/rest.ts';
import { type ResumeReport, reportResume } from '../ladder/resume-report.ts';
import { type Climbed, hasItsMemory } from '../ladder/wake.ts';
import { whyNoRest } from '../ladder/why-no-rest.ts';
import { type CommitTools, commitEvent, type WrittenWith } from './commit-event.ts';
import type { PhaseEvent } from './phases.ts';
import type { Action, StepName } from './plan.ts';
import { reportTakenOver } from './report-taken-over.ts';
import { intentOf, passBefore, runSteps } from './run-steps.ts';
import type { StepContext, Steps, StepTools } from './steps/step.ts';
import type { NewTransition, TransitionStore } from './stores/transition-store.ts';
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

/** Its first step takes over what runs, as it is: of a take-over, or of a suspend that another has begun. */
export const takesOver = (action: WorkAction): boolean =>
  'steps' in action && action.steps[0] === 'adopt_sandbox';

/** Throws `stale_epoch` when the lease is lost on the way. */
export async function carryOut(
  deps: CarryOutDeps,
  row: WorkspaceRow,
  action: WorkAction,
  leaseSignal: AbortSignal,
): Promise<Outcome> {
  const startedMs = deps.clock.monotonicMs();
  const steps = 'steps' in action ? action.steps : [];
  const rest = await restOf(deps, row, action);
  const atRest = rest?.hostId ?? null;
  const begun = await begin(deps, row, action, { first: steps[0], atRest });
  let climbed: Climbed | null = null;
  let hasTakenOver = false;
  try {
    const { id: workspaceId, ownerId, orgId, epoch, tier } = row;
    const context: StepContext = {
      workspaceId,
      ownerId,
      orgId,
      epoch,
      tier,
      homeDirectory: null,
      hostId: begun.hostId ?? atRest,
      climbed,
      hasTakenOver,
      cameBy: null,
      whyNoRest: (keepsMemory) => whyNoRest(row, keepsMemory, deps.clock.nowMs()),
      took: [],
      isFrozen: false,
      isAtRest: rest !== null,
      thaws: rest !== null && isFrozen(rest),
      beganFrom: row.phase,
    };
    const run = { row: begun, action: action.type, steps, context, leaseSignal };
    const unwritten = await runSteps(deps, run).finally(() => {
      climbed = context.climbed;
      hasTakenOver = context.hasTakenOver;
    });
    leaseSignal.throwIfAborted();
    const report = () => reportOf(deps, context, startedMs);
    const takenOver = () => reportTakenOver(deps, { row: begun, context, unwritten });
    const ended = await end(deps, begun, row.generation, action, { before: unwritten, report, takenOver });
    if (ended.phase === 'suspended' && ended.epoch % limits.lifecycle.trimEveryEpochs === 0)
      await trimRecord(deps, ended);
    return { ok: true, row: ended };
  } catch (thrown) {
    leaseSignal.throwIfAborted();
    const error = toCellbookError(thrown, `carrying out "${action.type}" for workspace ${row.id}`);
    if (error.code === 'stale_epoch') throw error;
    deps.log.error({ err: thrown, workspaceId: row.id, action: action.type }, 'an action failed');
    // What may be tried again as it is, and how often, is the planner's to say.
    if (action.type === 'adopt' || (takesOver(action) && !hasTakenOver))
      return { ok: false, row: begun, error };
    // Its memory is back, and nothing but telling so has failed: the next attempt takes it over as it is.
    if (action.type === 'resume' && climbed !== null && hasItsMemory(climbed))
      return { ok: false, row: begun, error };
    // Before it has climbed there is nothing to remove, and what sleeps is to be woken by the next attempt.
    if (action.type === 'resume' && climbed !== null) await removeHalfStarted(deps, begun);
    return { ok: false, row: await fail(deps, begun, row.generation, action, error), error };
  }
}

/** Writes that it begins, and with it what the first step intends. */
async function begin(
  deps: CarryOutDeps,
  row: WorkspaceRow,
  action: WorkAction,
  { first, atRest }: { first: StepName | undefined; atRest: HostId | null },
): Promise<WorkspaceRow> {
  const beginning = beginningOf(deps, row, action, atRest);
  await passBefore(deps, { row, action: action.type }, first);
  const after = first === undefined ? [] : [intentOf(deps, row, first)];
  if (beginning) return commit(deps, action, row, beginning.event, { hostId: beginning.hostId, after });
  if (after.length > 0) await deps.transitions.append(after);
  return row;
}

/** Null where it was begun before, or nothing of the row changes. */
function beginningOf(
  deps: CarryOutDeps,
  row: WorkspaceRow,
  action: WorkAction,
  atRest: HostId | null,
): { event: PhaseEvent; hostId: HostId | null } | null {
  const by = { generation: row.generation, epoch: row.epoch };
  const { hostId } = row;
  switch (action.type) {
    case 'resume': {
      const { hosts } = deps.tools;
      const remembers = atRest !== null && hosts.isOpen(atRest) ? atRest : null;
      return { event: { ...by, type: 'resume_begun' }, hostId: hostId ?? remembers ?? hosts.choose() };
    }
    case 'suspend':
      if (row.phase === 'suspending') return null;
      return { event: { ...by, type: 'suspend_begun', dormant: action.dormant }, hostId };
    case 'give_up_sandbox': {
      const { dormant, problem } = action;
      return { event: { ...by, type: 'sandbox_lost', dormant, problem }, hostId };
    }
    case 'delete':
      return row.phase === 'deleting' ? null : { event: { ...by, type: 'delete_begun' }, hostId };
    case 'adopt':
    case 'tend_rest':
    case 'restore':
    case 'purge':
      return null;
    default:
      return assertNever(action);
  }
}

/** Of a resume; start_sandbox is among its steps and says how it climbed. */
function reportOf({ clock }: CarryOutDeps, { climbed, took }: StepContext, startedMs: number): ResumeReport {
  if (climbed === null) throw new Error('a resume has ended without starting a sandbox');
  return reportResume(climbed, took, clock.monotonicMs() - startedMs, clock.nowMs());
}

interface Ending {
  before: readonly NewTransition[];
  report(): ResumeReport;
  /** Of a resume that another has begun. */
  takenOver(): Promise<ResumeReport | null>;
}

/** Where nothing runs any more the lease ends too: whoever takes it up next is its owner. */
async function end(
  deps: CarryOutDeps,
  row: WorkspaceRow,
  generation: number,
  action: WorkAction,
  { before, report, takenOver }: Ending,
): Promise<WorkspaceRow> {
  const by = { generation, epoch: row.epoch };
  const gone = { hostId: null, before, release: true };
  switch (action.type) {
    case 'resume': {
      const started = { ...by, type: 'sandbox_started', resume: report() } as const;
      return commit(deps, action, row, started, { hostId: row.hostId, before });
    }
    case 'adopt':
      if (row.phase === 'resuming') {
        const started = { ...by, type: 'sandbox_started', resume: await takenOver() } as const;
        return commit(deps, action, row, started, { hostId: row.hostId, before });
      }
      return unchanged(deps, row, before);
    case 'tend_rest':
      return unchanged(deps, row, before);
    case 'suspend':
    case 'give_up_sandbox':
    case 'delete':
      return commit(deps, action, row, { ...by, type: 'sandbox_stopped' }, gone);
    case 'restore':
      return commit(deps, action, row, { ...by, type: 'restored' }, gone);
    case 'purge':
      return commit(deps, action, row, { ...by, type: 'purged', atMs: deps.clock.nowMs() }, gone);
    default:
      return assertNever(action);
  }
}

/** Nothing of the row changes; whoever waits is told that it can be used. */
async function unchanged(
  { transitions, observeRow }: CarryOutDeps,
  row: WorkspaceRow,
  before: readonly NewTransition[],
): Promise<WorkspaceRow> {
  if (before.length > 0) await transitions.append(before);
  observeRow(row);
  return row;
}

async function commit(
  deps: CarryOutDeps,
  action: WorkAction,
  row: WorkspaceRow,
  event: PhaseEvent,
  written: WrittenWith,
): Promise<WorkspaceRow> {
  const point = `lifecycle.${action.type}.${event.type}`;
  await deps.failpoint?.(`${point}.before`, row.id);
  const committed = await commitEvent(deps, row, event, written);
  await deps.failpoint?.(`${point}.after`, row.id);
  return committed;
}

function fail(
  deps: CarryOutDeps,
  row: WorkspaceRow,
  generation: number,
  action: WorkAction,
  error: CellbookError,
): Promise<WorkspaceRow> | WorkspaceRow {
  // A purge, restore or tending of its rest that fails leaves the row as it is: the next sweep finds it again.
  if (action.type === 'purge' || action.type === 'restore' || action.type === 'tend_rest') return row;
  const attempt = row.attempts + 1;
  const delayMs = error.retryAfterMs ?? retryDelayMs(attempt, limits.lifecycle.retry, deps.random);
  const retryAtMs = deps.clock.nowMs() + delayMs;
  const problem = { code: error.code, text: error.problem };
  const event = { type: 'attempt_failed', problem, retryAtMs, generation, epoch: row.epoch } as const;
  return commit(deps, action, row, event, { hostId: row.hostId });
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

/** What is kept of its memory, for those who need it while no host has its sandbox. */
async function restOf({ tools }: CarryOutDeps, row: WorkspaceRow, action: WorkAction): Promise<Rest | null> {
  const asks = action.type === 'resume' || action.type === 'tend_rest' || action.type === 'delete';
  if (!asks || row.hostId !== null || !tools.hosts.keepAny) return null;
  return tools.rests.get(row.id);
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
