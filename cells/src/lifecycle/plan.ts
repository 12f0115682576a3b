/**
 * What to do next for one workspace: a pure function of what its owner wants and what is observed. The
 * reconciler calls it, carries out the answer and calls it again until there is nothing to do.
 *
 * A phase that is under way (resuming, suspending, deleting) is seen here only when whoever began it did
 * not finish: a resume is cleaned up and begun again, the others are idempotent and simply gone through once
 * more.
 */
import { assertNever } from '@cellbook/shared/assert-never.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Desired, Phase } from '@cellbook/shared/protocol/workspace.ts';
import { decideIdle } from './idle.ts';
import type { Problem } from './phases.ts';

/**
 * The workspace's sandbox on its host: under the row's epoch, under an older one (its owner restarted, or lost
 * the lease for a while), none, or unknown because the host does not answer.
 */
export type SandboxState = 'usable' | 'adoptable' | 'none' | 'unknown';

export interface Observed {
  desired: Desired;
  phase: Phase;
  epoch: number;
  dormant: boolean;
  retryAtMs: number | null;
  undoUntilMs: number | null;
  purged: boolean;
  idleSuspendSeconds: number | null;
  lastActiveAtMs: number;
  notIdleBeforeMs: number;
  sandbox: SandboxState;
  /** How often in a row this controller has tried to take it over in vain. */
  failedAdoptions: number;
  /** Its host has no free place or is being emptied, another one has room. */
  roomElsewhere: boolean;
  /** Why it is not usable any more, where that is known. */
  loss: Problem | null;
  busy: boolean;
  /** Somebody waits for it to run. */
  demanded: boolean;
  draining: boolean;
  nowMs: number;
}

export type StepName =
  | 'attach_files'
  | 'start_sandbox'
  | 'adopt_sandbox'
  | 'inject_secrets'
  | 'announce_running'
  | 'quiesce_gateway'
  | 'flush_files'
  | 'stop_sandbox'
  | 'flush_rest'
  | 'detach_files'
  | 'purge';

export type Action =
  | { type: 'wait'; untilMs: number | null }
  /** Nobody has used it for as long as its owner allows: ask for a suspend on the owner's behalf. */
  | { type: 'ask_idle_suspend' }
  | { type: 'resume'; steps: readonly StepName[] }
  /** Takes over a sandbox that runs under an older epoch, with everything that runs in it. */
  | { type: 'adopt'; steps: readonly StepName[] }
  | { type: 'suspend'; steps: readonly StepName[]; dormant: boolean }
  | { type: 'give_up_sandbox'; steps: readonly StepName[]; dormant: boolean; problem: Problem }
  | { type: 'delete'; steps: readonly StepName[] }
  | { type: 'restore' }
  | { type: 'purge'; steps: readonly StepName[] };

const bringUp: readonly StepName[] = ['attach_files', 'start_sandbox', 'inject_secrets', 'announce_running'];
/** The gateway first: it is what reads the link on, and until then no question to the sandbox is answered. */
const takeOver: readonly StepName[] = ['adopt_sandbox', 'announce_running', 'inject_secrets'];
const wait: Action = { type: 'wait', untilMs: null };

export function plan(observed: Observed): Action {
  switch (observed.phase) {
    case 'suspended':
      if (observed.desired === 'deleted') return { type: 'delete', steps: [] };
      return wantsSandbox(observed) ? { type: 'resume', steps: bringUp } : wait;
    case 'resuming':
      return giveUp(observed, false, interrupted);
    case 'running':
      return planRunning(observed);
    case 'suspending':
      return { type: 'suspend', steps: takeDown(observed), dormant: observed.dormant };
    case 'deleting':
      return { type: 'delete', steps: takeDown(observed) };
    case 'failed':
      return planFailed(observed);
    case 'deleted':
      return planDeleted(observed);
    default:
      return assertNever(observed.phase);
  }
}

function planRunning(observed: Observed): Action {
  if (observed.sandbox === 'unknown') {
    return { type: 'wait', untilMs: observed.nowMs + limits.lifecycle.hostLookAgainMs };
  }
  if (observed.sandbox === 'adoptable') return planAdoptable(observed);
  if (observed.sandbox === 'none') {
    return giveUp(observed, !observed.demanded, observed.loss ?? ownerLost);
  }
  if (observed.desired === 'deleted') return { type: 'delete', steps: takeDown(observed) };
  if (observed.desired === 'suspended') return { type: 'suspend', steps: takeDown(observed), dormant: false };
  if (observed.draining) return { type: 'suspend', steps: takeDown(observed), dormant: true };
  const idle = decideIdle(observed);
  return idle.suspend ? { type: 'ask_idle_suspend' } : { type: 'wait', untilMs: idle.lookAgainAtMs };
}

/**
 * Taken over, also when it is to be suspended or deleted: only its new owner's gateway can put away what its
 * kernels have said since the old one died. Where that has failed it is stopped under the newer epoch, as it is:
 * once it has failed if nobody wants it any more, after many times if somebody does. Otherwise one that cannot
 * be reached could be neither used, suspended nor deleted.
 */
function planAdoptable(observed: Observed): Action {
  const isOutOfReach = observed.failedAdoptions > 0;
  if (isOutOfReach && observed.desired === 'deleted') return { type: 'delete', steps: takeDown(observed) };
  if (isOutOfReach && observed.desired === 'suspended')
    return { type: 'suspend', steps: takeDown(observed), dormant: false };
  if (observed.failedAdoptions >= limits.lifecycle.adoptionsMax)
    return giveUp(observed, !observed.demanded, outOfReach);
  return { type: 'adopt', steps: takeOver };
}

function planFailed(observed: Observed): Action {
  if (observed.retryAtMs !== null && observed.nowMs < observed.retryAtMs) {
    return { type: 'wait', untilMs: observed.retryAtMs };
  }
  if (observed.desired === 'deleted') return { type: 'delete', steps: takeDown(observed) };
  // Its files are taken off the full or draining host first; the resume that follows chooses anew.
  const movesOn = observed.desired === 'running' && !observed.dormant && observed.roomElsewhere;
  if (!wantsSandbox(observed) || movesOn)
    return {
      ...{ type: 'suspend', steps: takeDown(observed) },
      dormant: observed.desired === 'running' && !movesOn,
    };
  return { type: 'resume', steps: bringUp };
}

function planDeleted(observed: Observed): Action {
  if (observed.purged) return wait;
  if (observed.desired !== 'deleted') return { type: 'restore' };
  const undoUntilMs = observed.undoUntilMs ?? observed.nowMs;
  return observed.nowMs < undoUntilMs
    ? { type: 'wait', untilMs: undoUntilMs }
    : { type: 'purge', steps: ['purge'] };
}

const wantsSandbox = (observed: Observed): boolean =>
  observed.desired === 'running' && !observed.dormant && !observed.draining;

const giveUp = (observed: Observed, dormant: boolean, problem: Problem): Action => ({
  type: 'give_up_sandbox',
  steps: takeDown(observed),
  dormant: dormant && observed.desired === 'running',
  problem,
});

/** Files are flushed before the stop, so that little is left to do, and after it, so that nothing is missing. */
function takeDown({ sandbox }: Observed): readonly StepName[] {
  return sandbox === 'usable'
    ? ['quiesce_gateway', 'flush_files', 'stop_sandbox', 'flush_rest', 'detach_files']
    : ['stop_sandbox', 'flush_rest', 'detach_files'];
}

const interrupted: Problem = {
  code: 'sandbox_unavailable',
  text: 'Its start was interrupted; it is cleaned up and begun again.',
};
const ownerLost: Problem = {
  code: 'sandbox_unavailable',
  text: 'Its sandbox was lost when the cell restarted. Files that were synced are intact; variables are gone.',
};
const outOfReach: Problem = {
  code: 'sandbox_unavailable',
  text: 'Its sandbox could not be reached again after the cell restarted. Files are intact; variables are gone.',
};
