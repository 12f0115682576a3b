/**
 * The only function that changes the state. Each event is one transition of the table in model/job.ts (or of a host, a
 * customer, the policy); one that does not fit the state (told twice, of a job that has ended) changes nothing and is
 * answered with false, so that a log can be replayed over its own snapshot.
 */
import { assertNever } from '@cellbook/shared/assert-never.ts';
import type { SchedulerEvent } from './model/event.ts';
import { applyAttemptEnded, applyOverdue, applyPlaced, applySaved, applyStarted } from './record/attempts.ts';
import { applyNode } from './record/capacity.ts';
import { applyPreemption, applyReserved, dropReservation } from './record/claims.ts';
import { applyContainment } from './record/containment.ts';
import {
  applyCancel,
  applyEnded,
  applyHeld,
  applyReleased,
  applyRepredicted,
  applySpillOffered,
  applySpillSettled,
  applySubmitted,
  applyTakenUp,
} from './record/jobs.ts';
import { applyCustomer, applyHost, applyPolicy } from './record/region.ts';
import { isOfNode } from './scale/node-event.ts';
import type { SchedulerState } from './state.ts';

export function applyEvent(state: SchedulerState, event: SchedulerEvent): boolean {
  const isApplied = transition(state, event);
  if (isApplied && event.atMs > state.atMs) state.atMs = event.atMs;
  return isApplied;
}

function transition(state: SchedulerState, event: SchedulerEvent): boolean {
  if (isOfNode(event)) return applyNode(state, event);
  switch (event.type) {
    case 'job_submitted':
      return applySubmitted(state, event);
    case 'job_released':
      return applyReleased(state, event);
    case 'job_held':
      return applyHeld(state, event);
    case 'job_placed':
      return applyPlaced(state, event);
    case 'attempt_started':
      return applyStarted(state, event);
    case 'attempt_saved':
      return applySaved(state, event);
    case 'attempt_overdue':
      return applyOverdue(state, event);
    case 'attempt_ended':
      return applyAttemptEnded(state, event);
    case 'job_reserved':
      return applyReserved(state, event);
    case 'reservation_dropped':
      return dropReservation(state, event.jobId);
    case 'preemption_asked':
      return applyPreemption(state, event);
    case 'cancel_asked':
      return applyCancel(state, event);
    case 'job_ended':
      return applyEnded(state, event);
    case 'job_repredicted':
      return applyRepredicted(state, event);
    case 'host_changed':
      return applyHost(state, event);
    case 'spill_offered':
      return applySpillOffered(state, event);
    case 'spill_settled':
      return applySpillSettled(state, event);
    case 'job_taken_up':
      return applyTakenUp(state, event);
    case 'class_limited':
    case 'version_staged':
      return applyContainment(state, event);
    case 'policy_set':
      return applyPolicy(state, event);
    case 'customer_set':
      return applyCustomer(state, event);
    case 'term_began':
      state.epoch = event.epoch;
      state.termBeganMs = event.atMs;
      return true;
    default:
      return assertNever(event);
  }
}
