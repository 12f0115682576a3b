/**
 * The crash matrix: every place where a controller can die while it carries out an action, generated from
 * the planner's table. Pure; crash/testing brings each about on real parts.
 *
 *   step    before     nothing of it is written
 *           recorded   its intent is written, nothing is done
 *           after      it is done, and nobody knows
 *   event   before     of the commit that begins, ends or fails the action
 *           after      it is committed, and nobody was told
 *   seam    before     a call that leaves the process: a sandbox's start, an object's put, a row of a new workspace, …
 *           during     it has been made, and may have arrived or not (seam-cases.ts)
 *           after      it has succeeded, and whoever made it does not know
 */

import { assertNever } from '@cellbook/shared/assert-never.ts';
import type { StepName } from '../plan.ts';
import { hostCases, s3Cases, seamCases } from './seam-cases.ts';
import { eventsOf, type PlannedTransition, plannedTransitions } from './transitions.ts';

export const stepPositions = ['before', 'recorded', 'after'] as const;
export const eventPositions = ['before', 'after'] as const;

/** `create`: there is no workspace yet (crash/testing/create-batch.ts). */
export type ScenarioName = PreparedScenario | 'create';

/** How the state before the crash is brought about (crash/testing/scenarios.ts). */
export type PreparedScenario =
  | 'resume'
  | 'resume_at_rest'
  | 'resume_stored'
  | 'adopt'
  | 'adopt_resumed'
  | 'suspend'
  | 'suspend_to_sleep'
  | 'suspend_cut_short'
  | 'suspend_falling_asleep'
  | 'suspend_without_sandbox'
  | 'give_up_sandbox_without_sandbox'
  | 'give_up_resume_at_rest'
  | 'tend_frozen'
  | 'tend_stored'
  | 'delete'
  | 'delete_without_sandbox'
  | 'delete_without_steps'
  | 'delete_at_rest'
  | 'restore'
  | 'purge'
  | 'save_while_running'
  | 'save_while_suspended'
  | 'restore_version';

export interface CrashCase<Name extends ScenarioName = ScenarioName> {
  /** Unique, and what the table shows: `suspend.flush_files.after`. */
  name: string;
  scenario: Name;
  kind: 'step' | 'event' | 'seam';
  /** Who dies: the controller, or the daemon that is its host. */
  dies: 'controller' | 'host';
  /** Rules of shared/src/failpoint.ts, without their subject. The last one kills. */
  failpoints: readonly string[];
  /** Where objects are: in a directory, or at a server that speaks S3. */
  store: 'directory' | 's3';
}

export function crashCases(): CrashCase[] {
  const planned = plannedTransitions().flatMap((transition) => {
    const scenario = scenarioOf(transition);
    return [...stepCases(transition, scenario), ...eventCases(transition, scenario)];
  });
  return [...planned, ...seamCases(), ...hostCases(), ...s3Cases()];
}

/** The number of step rows that the planner's table asks for. */
export function stepCasesWanted(): number {
  return plannedTransitions().reduce((sum, { steps }) => sum + steps.length, 0) * stepPositions.length;
}

function stepCases({ action, steps }: PlannedTransition, scenario: PreparedScenario): CrashCase[] {
  return steps.flatMap((step) =>
    stepPositions.map((position) => ({
      ...{
        name: `${scenario}.${step}.${position}`,
        scenario,
        kind: 'step' as const,
        dies: 'controller' as const,
        store: 'directory' as const,
      },
      failpoints: [`lifecycle.${action}.${step}.${position}`],
    })),
  );
}

function eventCases({ action, steps }: PlannedTransition, scenario: PreparedScenario): CrashCase[] {
  const { begin, end, canFail } = scenario === 'adopt_resumed' ? endsAResume : eventsOf[action];
  // A take-over that fails ends nothing: it is tried again as it was.
  const fails = steps.find((step) => step !== 'adopt_sandbox');
  const rows: [event: string, preparing: string[]][] = [];
  // One whose sandbox is gone and that is gone through again was begun before.
  if (begin !== null && !isGoneThroughAgain(scenario)) rows.push([begin, []]);
  if (end !== null) rows.push([end, []]);
  if (canFail && fails)
    rows.push(['attempt_failed', [`lifecycle.${action}.${fails}.recorded=error:store_unavailable`]]);
  return rows.flatMap(([event, preparing]) =>
    eventPositions.map((position) => ({
      ...{
        name: `${scenario}.${event}.${position}`,
        scenario,
        kind: 'event' as const,
        dies: 'controller' as const,
        store: 'directory' as const,
      },
      failpoints: [...preparing, `lifecycle.${action}.${event}.${position}`],
    })),
  );
}

/** It was begun by whoever died before. */
const endsAResume = { begin: null, end: 'sandbox_started', canFail: false } as const;

const isGoneThroughAgain = (scenario: PreparedScenario): boolean => goneThroughAgain.has(scenario);
const goneThroughAgain: ReadonlySet<PreparedScenario> = new Set([
  ...(['suspend_without_sandbox', 'delete_without_sandbox'] as const),
  ...(['suspend_cut_short', 'suspend_falling_asleep'] as const),
]);

function scenarioOf({ action, steps }: PlannedTransition): PreparedScenario {
  const has = (step: StepName): boolean => steps.includes(step);
  switch (action) {
    case 'resume':
      return steps.indexOf('announce_running') < steps.indexOf('inject_secrets')
        ? 'resume_at_rest'
        : 'resume';
    case 'adopt':
      return has('forget_memory') ? 'adopt_resumed' : 'adopt';
    case 'suspend':
      if (has('adopt_sandbox')) return 'suspend_cut_short';
      if (has('sleep_sandbox')) return has('quiesce_gateway') ? 'suspend_to_sleep' : 'suspend_falling_asleep';
      return has('quiesce_gateway') ? 'suspend' : 'suspend_without_sandbox';
    case 'give_up_sandbox':
      return has('sleep_sandbox') ? 'give_up_resume_at_rest' : 'give_up_sandbox_without_sandbox';
    case 'tend_rest':
      return has('store_memory') ? 'tend_frozen' : 'tend_stored';
    case 'delete':
      if (steps.length === 0) return 'delete_without_steps';
      if (has('forget_memory')) return 'delete_at_rest';
      return has('quiesce_gateway') ? 'delete' : 'delete_without_sandbox';
    case 'restore':
    case 'purge':
      return action;
    default:
      return assertNever(action);
  }
}
