/**
 * Goes through the steps of an action. The intent of each is written before it is awaited and its outcome after;
 * the outcome of one goes with the intent of the next, and the last outcome with the event that ends the action,
 * so that a list of n steps is n + 1 writes and not 2n + 2.
 *
 *   event that begins + intent 1 │ step 1 │ outcome 1 + intent 2 │ step 2 │ … │ outcome n + event that ends
 *
 * What failed is written at once: nobody is served by doing that faster.
 */
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { type CellbookError, toCellbookError } from '@cellbook/shared/errors.ts';
import { type ResumeReport, reportResume } from '../ladder/resume-report.ts';
import type { CarryOutDeps, WorkAction } from './carry-out.ts';
import type { StepName } from './plan.ts';
import type { Step, StepContext } from './steps/step.ts';
import type { NewTransition } from './stores/transition-store.ts';
import type { WorkspaceRow } from './stores/workspace-row.ts';

export interface StepRun {
  row: WorkspaceRow;
  action: WorkAction['type'];
  steps: readonly StepName[];
  context: StepContext;
  leaseSignal: AbortSignal;
}

/** The intent of the first step is written already. Gives what is still to be written of the last. */
export async function runSteps(deps: CarryOutDeps, run: StepRun): Promise<NewTransition[]> {
  let unwritten: NewTransition[] = [];
  for (const [index, step] of run.steps.entries()) {
    if (index > 0) {
      await passBefore(deps, run, step);
      await deps.transitions.append([...unwritten, intentOf(deps, run.row, step)]);
    }
    await deps.failpoint?.(pointOf(run, step, 'recorded'), run.row.id);
    unwritten = [await runStep(deps, run, step)];
  }
  return unwritten;
}

/** Before the write that holds the step's intent. */
export async function passBefore(
  deps: CarryOutDeps,
  run: Pick<StepRun, 'row' | 'action'>,
  step: StepName | undefined,
): Promise<void> {
  if (step !== undefined) await deps.failpoint?.(pointOf(run, step, 'before'), run.row.id);
}

export function intentOf(deps: CarryOutDeps, row: WorkspaceRow, step: StepName): NewTransition {
  const { id: workspaceId, generation, epoch } = row;
  const { holder, clock } = deps;
  return { workspaceId, generation, epoch, holder, step, kind: 'intent', atMs: clock.nowMs() };
}

async function runStep(deps: CarryOutDeps, run: StepRun, name: StepName): Promise<NewTransition> {
  const { clock, log } = deps;
  const { row, leaseSignal, context } = run;
  const { id: workspaceId, generation, epoch } = row;
  const step = deps.steps[name];
  leaseSignal.throwIfAborted();
  const turns = step.turns?.(deps.tools, context) ?? null;
  const tried = () => tryStep(deps, run, step);
  const { failure, durationMs } = await (turns === null ? tried() : turns.run(tried));
  const outcome = failure ? 'failed' : 'ok';
  context.took.push({ step: name, durationMs });
  deps.observeStep(name, outcome, durationMs);
  await deps.failpoint?.(pointOf(run, name, 'after'), workspaceId);
  const entry: NewTransition = {
    ...{ workspaceId, generation, epoch, holder: deps.holder, step: name, atMs: clock.nowMs() },
    ...{ kind: 'outcome', outcome, durationMs, problem: failure?.problem ?? null },
    ...(name === 'start_sandbox' && !failure && startedBy(context, clock.nowMs())),
  };
  if (!failure && !leaseSignal.aborted) return entry;
  if (failure && !isFatal(failure, step.required)) {
    log.warn({ err: failure, workspaceId, step: name }, 'a step failed; going on without it');
    if (!leaseSignal.aborted) return entry;
  }
  await deps.transitions.append([entry]);
  leaseSignal.throwIfAborted();
  throw failure;
}

/** How far it has come: who takes over from here on knows by which rung. */
function startedBy({ climbed, took }: StepContext, atMs: number): { resume?: ResumeReport } {
  if (climbed === null) return {};
  const soFarMs = took.reduce((sum, { durationMs }) => sum + durationMs, 0);
  return { resume: reportResume(climbed, took, soFarMs, atMs) };
}

async function tryStep({ clock, tools }: CarryOutDeps, { row, context, leaseSignal }: StepRun, step: Step) {
  const startedMs = clock.monotonicMs();
  const details = { code: step.code, doing: step.doing, ids: { workspaceId: row.id } };
  const work = (signal: AbortSignal) => step.run(tools, context, signal);
  const failure = await withDeadline(clock, step.deadlineMs, details, work, leaseSignal).then(
    () => null,
    (thrown) => toCellbookError(thrown, step.doing),
  );
  return { failure, durationMs: clock.monotonicMs() - startedMs };
}

const isFatal = (failure: CellbookError, required: boolean): boolean =>
  required || failure.code === 'stale_epoch';

const pointOf = ({ action }: Pick<StepRun, 'action'>, step: StepName, position: string): string =>
  `lifecycle.${action}.${step}.${position}`;
