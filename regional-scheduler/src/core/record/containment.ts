/** What the containment of failures (contain/) learns from the transitions of attempts and hosts. */
import * as contain from '../contain/contain.ts';
import { withOrganisation } from '../contain/organisation.ts';
import type { FailedAttempt } from '../contain/retry.ts';
import type { LiveAttempt } from '../fleet/host.ts';
import type { Row } from '../jobs/job-table.ts';
import type { SchedulerState } from '../state.ts';
import type { EventOf } from './event-of.ts';

export function applyContainment(
  state: SchedulerState,
  event: EventOf<'class_limited'> | EventOf<'version_staged'>,
): boolean {
  if (event.type === 'version_staged') contain.foldVersionStaged(state.contain, event);
  else contain.foldClassLimited(state.contain, event, runningOf(state));
  return true;
}

export function learnPlaced(state: SchedulerState, attempt: LiveAttempt): void {
  const { gpus, hostId, placedMs } = attempt;
  const features = featuresOf(state, attempt.row);
  contain.foldPlaced(state.contain, { features, gpus, hostId, atMs: placedMs });
}

export function learnOverdue(state: SchedulerState, attempt: LiveAttempt, atMs: number): void {
  contain.foldOverdue(state.contain, { features: featuresOf(state, attempt.row), atMs });
}

/** `failures`: of the job before this end. */
export function learnEnded(
  state: SchedulerState,
  attempt: LiveAttempt,
  event: EventOf<'attempt_ended'>,
  failures: readonly FailedAttempt[],
): void {
  const { attemptId, jobId, hostId, version, gpus, overdue, row } = attempt;
  contain.foldAttemptEnded(state.contain, {
    ...{ attemptId, jobId, hostId, version, gpus, overdue, failures },
    atMs: event.atMs,
    binary: state.jobs.templateOf(row).binary,
    features: featuresOf(state, row),
    outcome: event.outcome,
    ranMs: event.ranMs,
    predictedP50Ms: state.jobs.p50Ms[row]!,
    ...(event.memoryMibMax === undefined ? {} : { memoryMibMax: event.memoryMibMax }),
  });
}

function* runningOf(state: SchedulerState) {
  for (const { row, gpus } of state.attempts.values()) yield { features: featuresOf(state, row), gpus };
}

/** What containment tells jobs apart by. */
function featuresOf({ jobs }: SchedulerState, row: Row): string[] {
  return withOrganisation(jobs.featuresOf(row), jobs.orgOf(row));
}
