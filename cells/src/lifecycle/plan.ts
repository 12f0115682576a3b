/**
 * What to do next for one workspace: a pure function of what its owner wants and what is observed. The
 * reconciler calls it, carries out the answer and calls it again until there is nothing to do.
 *
 * A phase that is under way (resuming, suspending, deleting) is seen here only when whoever began it did
 * not finish. A resume whose sandbox is there is taken over and ended, any other is cleaned up and begun again;
 * the others are idempotent and simply gone through once more.
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

export type RestState = 'none' | 'frozen' | 'stored';

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
  /** Unknown: for how long its host has not answered. */
  silentMs: number;
  /** What is kept of its memory (ladder/rest.ts). */
  rest: RestState;
  /** Frozen: when it is to be stored. Stored: when it is too old. */
  restDueAtMs: number | null;
  /** A frozen one whose place somebody needs, or whose host drains. */
  placeNeeded: boolean;
  /** Its host can keep the memory of its sandbox. */
  keepsMemory: boolean;
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
  | 'sleep_sandbox'
  | 'store_memory'
  | 'forget_memory'
  | 'stop_sandbox'
  | 'flush_rest'
  | 'detach_files'
  | 'purge';

export type Action =
  /** `suspendsAtMs`: nobody uses it, and who has it open is to be told. */
  | { type: 'wait'; untilMs: number | null; suspendsAtMs?: number }
  /** Nobody has used it for as long as its owner allows: ask for a suspend on the owner's behalf. */
  | { type: 'ask_idle_suspend' }
  | { type: 'resume'; steps: readonly StepName[] }
  /** Takes over a sandbox that runs under an older epoch, with everything that runs in it. */
  | { type: 'adopt'; steps: readonly StepName[] }
  | { type: 'suspend'; steps: readonly StepName[]; dormant: boolean }
  | { type: 'give_up_sandbox'; steps: readonly StepName[]; dormant: boolean; problem: Problem }
  /** Of a suspended one: what is kept of its memory moves on, from its host's memory to its disk, or goes. */
  | { type: 'tend_rest'; steps: readonly StepName[] }
  | { type: 'delete'; steps: readonly StepName[] }
  | { type: 'restore' }
  | { type: 'purge'; steps: readonly StepName[] };

/**
 * A sandbox that comes back as it was is announced first: the gateway is what reads its link on, and until then no
 * question to it is answered. A new one is given its secrets before anything can start in it.
 */
const bringUp = ({ rest }: Observed): readonly StepName[] => [
  'attach_files',
  'start_sandbox',
  ...(rest === 'none' ? secretsFirst : gatewayFirst),
];
const secretsFirst: readonly StepName[] = ['inject_secrets', 'announce_running'];
const gatewayFirst: readonly StepName[] = ['announce_running', 'inject_secrets'];
const takeOver: readonly StepName[] = ['adopt_sandbox', ...gatewayFirst];
const wait: Action = { type: 'wait', untilMs: null };

export function plan(observed: Observed): Action {
  switch (observed.phase) {
    case 'suspended':
      return planSuspended(observed);
    case 'resuming':
      return planResuming(observed);
    case 'running':
      return planRunning(observed);
    case 'suspending':
      if (isWorthWaiting(observed)) return lookAgain(observed);
      return { type: 'suspend', steps: takeDown(observed), dormant: observed.dormant };
    case 'deleting':
      return { type: 'delete', steps: takeAway(observed) };
    case 'failed':
      return planFailed(observed);
    case 'deleted':
      return planDeleted(observed);
    default:
      return assertNever(observed.phase);
  }
}

function planSuspended(observed: Observed): Action {
  const { desired, rest, restDueAtMs, placeNeeded, nowMs } = observed;
  if (desired === 'deleted') return { type: 'delete', steps: rest === 'none' ? [] : takeAway(observed) };
  if (wantsSandbox(observed)) return { type: 'resume', steps: bringUp(observed) };
  if (rest === 'none' || restDueAtMs === null) return wait;
  if (rest === 'frozen' && (placeNeeded || restDueAtMs <= nowMs))
    return { type: 'tend_rest', steps: ['store_memory', 'flush_rest', 'detach_files'] };
  if (restDueAtMs > nowMs) return { type: 'wait', untilMs: restDueAtMs };
  return { type: 'tend_rest', steps: ['forget_memory'] };
}

/**
 * Whoever resumed it has died, or could not announce it: what runs on its host already is taken over, with the
 * memory it came back with, also where nobody wants it any more. What is kept of that is older from the moment
 * somebody can use it.
 */
function planResuming(observed: Observed): Action {
  const { sandbox, rest, failedAdoptions } = observed;
  const { adoptionsMax, unwantedAdoptionsMax } = limits.lifecycle;
  if (isWorthWaiting(observed)) return lookAgain(observed);
  const isThere = sandbox === 'usable' || sandbox === 'adoptable';
  if (!isThere || failedAdoptions >= (wantsSandbox(observed) ? adoptionsMax : unwantedAdoptionsMax))
    return giveUp(observed, false, interrupted);
  const steps: readonly StepName[] =
    rest === 'none' ? takeOver : ['adopt_sandbox', 'forget_memory', ...gatewayFirst];
  return { type: 'adopt', steps };
}

/**
 * A host may be silent for the moment in which it or this controller starts, and what it has be the only memory of its
 * workspace. After a while it is gone on as if it were there: that fails, typed, and its owner is told.
 */
const isWorthWaiting = ({ sandbox, silentMs }: Observed): boolean =>
  sandbox === 'unknown' && silentMs < limits.lifecycle.hostSilentMsMax;

const lookAgain = ({ nowMs }: Observed): Action => ({
  type: 'wait',
  untilMs: nowMs + limits.lifecycle.hostLookAgainMs,
});

function planRunning(observed: Observed): Action {
  if (observed.sandbox === 'unknown') return lookAgain(observed);
  if (observed.sandbox === 'adoptable') return planAdoptable(observed);
  if (observed.sandbox === 'none') {
    return giveUp(observed, !observed.demanded, observed.loss ?? ownerLost);
  }
  if (observed.desired === 'deleted') return { type: 'delete', steps: takeAway(observed) };
  if (observed.desired === 'suspended') return { type: 'suspend', steps: takeDown(observed), dormant: false };
  if (observed.draining) return { type: 'suspend', steps: takeDown(observed), dormant: true };
  const idle = decideIdle(observed);
  if (idle.suspend) return { type: 'ask_idle_suspend' };
  const { lookAgainAtMs: untilMs, suspendsAtMs } = idle;
  return { type: 'wait', untilMs, ...(suspendsAtMs !== null && { suspendsAtMs }) };
}

/**
 * Taken over, also when it is to be suspended or deleted: only its new owner's gateway can put away what its
 * kernels have said since the old one died. Where that has failed it is stopped under the newer epoch, as it is:
 * at once if it is to be deleted, after a few times if nobody wants it, after many if somebody does. Otherwise one
 * that cannot be reached could be neither used, suspended nor deleted.
 */
function planAdoptable(observed: Observed): Action {
  const { desired, failedAdoptions } = observed;
  if (failedAdoptions > 0 && desired === 'deleted') return { type: 'delete', steps: takeAway(observed) };
  if (failedAdoptions >= limits.lifecycle.unwantedAdoptionsMax && desired === 'suspended')
    return { type: 'suspend', steps: takeDown(observed), dormant: false };
  if (observed.failedAdoptions >= limits.lifecycle.adoptionsMax)
    return giveUp(observed, !observed.demanded, outOfReach);
  return { type: 'adopt', steps: takeOver };
}

function planFailed(observed: Observed): Action {
  if (observed.retryAtMs !== null && observed.nowMs < observed.retryAtMs) {
    return { type: 'wait', untilMs: observed.retryAtMs };
  }
  if (observed.desired === 'deleted') return { type: 'delete', steps: takeAway(observed) };
  // Its files are taken off the full or draining host first; the resume that follows chooses anew.
  const movesOn = observed.desired === 'running' && !observed.dormant && observed.roomElsewhere;
  if (!wantsSandbox(observed) || movesOn)
    return {
      ...{ type: 'suspend', steps: takeDown(observed) },
      dormant: observed.desired === 'running' && !movesOn,
    };
  return { type: 'resume', steps: bringUp(observed) };
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
  // One that may be there is out of reach.
  steps: takeDown({ ...observed, sandbox: 'none' }),
  dormant: dormant && observed.desired === 'running',
  problem,
});

const putAway: readonly StepName[] = ['stop_sandbox', 'flush_rest', 'detach_files'];

/**
 * Files are flushed before the end, so that little is left to do, and after it, so that nothing is missing. Its
 * memory is kept where it can be and somebody may come back for it.
 */
function takeDown(observed: Observed): readonly StepName[] {
  const { sandbox, rest } = observed;
  const end = mayKeepItsMemory(observed) ? fallAsleep : putAway;
  if (sandbox === 'usable') return [...letFinish, ...end];
  if (end === putAway) return putAway;
  // Cut short on its way to sleep, or before it woke: it is put to sleep again.
  if (rest === 'frozen' && sandbox !== 'adoptable') return fallAsleep;
  if (sandbox === 'none') return putAway;
  // Its suspend was cut short: only a gateway can put away what its kernels have said since.
  return ['adopt_sandbox', 'announce_running', ...letFinish, ...fallAsleep];
}

/** What sleeps or was to sleep has nothing to finish. */
const takeAway = (observed: Observed): readonly StepName[] =>
  observed.rest === 'none' ? takeDown(observed) : [...putAway, 'forget_memory'];

/**
 * Also after a failure, of a store that was away for instance. There is an end to trying: one that does not fall asleep
 * is stopped in that step, and one that cannot be taken over after a few times.
 */
function mayKeepItsMemory({ keepsMemory, desired, phase, sandbox, failedAdoptions }: Observed): boolean {
  if (!keepsMemory || desired === 'deleted' || phase === 'deleting') return false;
  if (sandbox === 'usable' || sandbox === 'none') return true;
  // One of a failed resume may be left over: nobody has been told that his memory is lost.
  return phase === 'suspending' && failedAdoptions < limits.lifecycle.unwantedAdoptionsMax;
}

const fallAsleep: readonly StepName[] = ['sleep_sandbox', 'flush_rest', 'detach_files'];
const letFinish: readonly StepName[] = ['quiesce_gateway', 'flush_files'];
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
