/**
 * The phases of a workspace and the only function that changes one.
 *
 *   event            from                                             to
 *   resume_begun     suspended, failed                                resuming
 *   sandbox_started  resuming                                         running
 *   suspend_begun    running, failed                                  suspending
 *   sandbox_lost     running, resuming                                suspending   (it is cleaned up first)
 *   sandbox_stopped  suspending                                       suspended
 *                    deleting                                         deleted
 *   attempt_failed   resuming, suspending, deleting                   failed       (with a time to try again)
 *   delete_begun     suspended, running, suspending, resuming, failed deleting
 *   restored         deleted                                          suspended
 *   purged           deleted                                          deleted      (nothing left but the row)
 *
 * Every event carries the epoch of whoever acted and the generation of the intent he acted on. An older epoch
 * is refused: its sender has been replaced. An older generation still moves the phase, since the thing did
 * happen, but does not make the workspace dormant: the owner has asked for something since.
 *
 * Dormant: suspended by the cell itself, for a drain or because the sandbox was lost. `desired` stays running,
 * yet it comes back at the next need and not by itself, so that a restarted cell does not boot everything.
 */
import { assertNever } from '@cellbook/shared/assert-never.ts';
import type { ErrorCode } from '@cellbook/shared/errors.ts';
import type { Rung } from '@cellbook/shared/protocol/resume.ts';
import type { Phase } from '@cellbook/shared/protocol/workspace.ts';
import type { ResumeReport } from '../ladder/resume-report.ts';

export interface Problem {
  code: ErrorCode;
  /** One sentence that the owner can read. */
  text: string;
}

/** What an event may change. */
export interface PhaseState {
  phase: Phase;
  generation: number;
  epoch: number;
  dormant: boolean;
  problem: Problem | null;
  /** Failed attempts in a row. */
  attempts: number;
  retryAtMs: number | null;
  lastRung: Rung | null;
  lastResume: ResumeReport | null;
  purgedAtMs: number | null;
}

type EventKind =
  | { type: 'resume_begun' }
  /** Without a report where whoever resumed it has died, and neither its record nor its host says how. */
  | { type: 'sandbox_started'; resume: ResumeReport | null }
  | { type: 'suspend_begun'; dormant: boolean }
  | { type: 'sandbox_lost'; problem: Problem; dormant: boolean }
  | { type: 'sandbox_stopped' }
  | { type: 'attempt_failed'; problem: Problem; retryAtMs: number }
  | { type: 'delete_begun' }
  | { type: 'restored' }
  | { type: 'purged'; atMs: number };

export type PhaseEvent = { generation: number; epoch: number } & EventKind;

export type Transition =
  | { accepted: true; state: PhaseState }
  | { accepted: false; code: 'stale_epoch' | 'invalid_transition' };

const allowedFrom: Record<PhaseEvent['type'], readonly Phase[]> = {
  resume_begun: ['suspended', 'failed'],
  sandbox_started: ['resuming'],
  suspend_begun: ['running', 'failed'],
  sandbox_lost: ['running', 'resuming'],
  sandbox_stopped: ['suspending', 'deleting'],
  attempt_failed: ['resuming', 'suspending', 'deleting'],
  delete_begun: ['suspended', 'running', 'suspending', 'resuming', 'failed'],
  restored: ['deleted'],
  purged: ['deleted'],
};

export function transition(state: PhaseState, event: PhaseEvent): Transition {
  if (event.epoch < state.epoch) return { accepted: false, code: 'stale_epoch' };
  if (!allowedFrom[event.type].includes(state.phase)) return { accepted: false, code: 'invalid_transition' };
  return { accepted: true, state: { ...state, ...changesOf(state, event) } };
}

function changesOf(state: PhaseState, event: PhaseEvent): Partial<PhaseState> {
  const isCurrentIntent = event.generation === state.generation;
  switch (event.type) {
    case 'resume_begun':
      return { phase: 'resuming', retryAtMs: null };
    case 'sandbox_started':
      return {
        ...{ phase: 'running', problem: null, attempts: 0 },
        ...{ lastRung: event.resume?.rung ?? null, lastResume: event.resume },
      };
    case 'suspend_begun':
      // What went wrong with an earlier attempt is no news any more; why a sandbox was lost (below) stays.
      return {
        phase: 'suspending',
        retryAtMs: null,
        problem: null,
        dormant: event.dormant && isCurrentIntent,
      };
    case 'sandbox_lost':
      return { phase: 'suspending', problem: event.problem, dormant: event.dormant && isCurrentIntent };
    case 'sandbox_stopped':
      return state.phase === 'deleting'
        ? { phase: 'deleted', problem: null, attempts: 0, dormant: false }
        : { phase: 'suspended', attempts: 0 };
    case 'attempt_failed':
      return {
        phase: 'failed',
        problem: event.problem,
        attempts: state.attempts + 1,
        // The owner asked for something since: that is tried at once.
        retryAtMs: isCurrentIntent ? event.retryAtMs : null,
      };
    case 'delete_begun':
      return { phase: 'deleting', retryAtMs: null, dormant: false };
    case 'restored':
      return { phase: 'suspended', problem: null, attempts: 0, dormant: false };
    case 'purged':
      return { purgedAtMs: event.atMs };
    default:
      return assertNever(event);
  }
}
