/**
 * The planner's own table, read out of it: every kind of action with every list of steps that `plan` ever
 * answers with. The crash matrix is made from this, so a step added to the planner has its rows at once.
 */
import { limits } from '@cellbook/shared/limits.ts';
import { type Desired, desiredSchema, type Phase, phaseSchema } from '@cellbook/shared/protocol/workspace.ts';
import type { WorkAction } from '../carry-out.ts';
import type { PhaseEvent } from '../phases.ts';
import { type Observed, plan, type StepName } from '../plan.ts';

export type ActionType = WorkAction['type'];

/** One way through an action. The shorter way through a take-down is the one whose sandbox is of no use. */
export interface PlannedTransition {
  action: ActionType;
  steps: readonly StepName[];
}

/** The events that carry-out.ts commits around the steps of an action. */
export const eventsOf: Record<
  ActionType,
  { begin: PhaseEvent['type'] | null; end: PhaseEvent['type'] | null; canFail: boolean }
> = {
  resume: { begin: 'resume_begun', end: 'sandbox_started', canFail: true },
  adopt: { begin: null, end: null, canFail: false },
  suspend: { begin: 'suspend_begun', end: 'sandbox_stopped', canFail: true },
  give_up_sandbox: { begin: 'sandbox_lost', end: 'sandbox_stopped', canFail: true },
  delete: { begin: 'delete_begun', end: 'sandbox_stopped', canFail: true },
  tend_rest: { begin: null, end: null, canFail: false },
  restore: { begin: null, end: 'restored', canFail: false },
  purge: { begin: null, end: 'purged', canFail: false },
};

export function plannedTransitions(): PlannedTransition[] {
  const found = new Map<string, PlannedTransition>();
  for (const observed of everythingObservable()) {
    const action = plan(observed);
    if (action.type === 'wait' || action.type === 'ask_idle_suspend') continue;
    const steps = 'steps' in action ? action.steps : [];
    found.set(`${action.type} ${steps.join()}`, { action: action.type, steps });
  }
  return [...found.values()];
}

/** Every combination of what the planner tells apart. */
function* everythingObservable(): Generator<Observed> {
  const flags = [false, true];
  for (const desired of desiredSchema.options)
    for (const phase of phaseSchema.options)
      for (const sandbox of ['usable', 'adoptable', 'none', 'unknown'] as const)
        for (const dormant of flags)
          for (const draining of flags)
            for (const undoUntilMs of [0, 2])
              for (const failedAdoptions of [0, limits.lifecycle.adoptionsMax])
                for (const roomElsewhere of flags)
                  for (const silentMs of sandbox === 'unknown' ? [0, limits.lifecycle.hostSilentMsMax] : [0])
                    for (const kept of everyWayToKeep(phase))
                      yield observed(desired, phase, {
                        ...{ sandbox, dormant, draining, undoUntilMs, failedAdoptions, roomElsewhere },
                        ...{ silentMs, ...kept },
                      });
}

type Kept = Pick<Observed, 'rest' | 'restDueAtMs' | 'placeNeeded' | 'keepsMemory'>;

/** Whose row says that it runs keeps nothing (observe.ts). */
function* everyWayToKeep(phase: Phase): Generator<Kept> {
  for (const keepsMemory of [false, true])
    yield { rest: 'none', restDueAtMs: null, placeNeeded: false, keepsMemory };
  if (phase === 'running') return;
  for (const rest of ['frozen', 'stored'] as const)
    for (const restDueAtMs of [0, 2])
      for (const placeNeeded of [false, true]) yield { rest, restDueAtMs, placeNeeded, keepsMemory: true };
}

const observed = (
  desired: Desired,
  phase: Phase,
  varied: Pick<
    Observed,
    'sandbox' | 'silentMs' | 'dormant' | 'draining' | 'undoUntilMs' | 'failedAdoptions' | 'roomElsewhere'
  > &
    Kept,
): Observed => ({
  ...{ desired, phase, ...varied },
  ...{
    epoch: 1,
    retryAtMs: null,
    purged: false,
    idleSuspendSeconds: null,
    lastActiveAtMs: 0,
    notIdleBeforeMs: 0,
  },
  ...{ loss: null, busy: false, demanded: false, nowMs: 1 },
});
