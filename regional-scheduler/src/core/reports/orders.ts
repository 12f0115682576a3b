/** What an agent is told: everything that its host may run, from the committed state alone. Pure. */
import type { JobId } from '@cellbook/shared/ids.ts';
import type { AgentOrders, AgentReport, RunOrder } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import type { Term } from './term.ts';
import type { AttemptView, HostView } from './views.ts';

/** Handed to the binary as they came; the scheduler's memory does not hold them. */
export type Payload = Pick<RunOrder, 'prompt' | 'parameters'>;

export interface Ordering {
  term: Term;
  nowMs: number;
  payloadOf(jobId: JobId): Payload;
  quarantined?: readonly number[];
  /** Not to be begun: another region may have it (core/federation/guardian.ts). What an agent has was let go. */
  withholds?(one: AttemptView, isToldOf: boolean): boolean;
}

/** An agent of an older generation than the one on record has no right to run anything. */
export function ordersFor(view: HostView | null, report: AgentReport, ordering: Ordering): AgentOrders {
  const { term, nowMs, quarantined = [], withholds = () => false } = ordering;
  const told = new Set(report.attempts.map(({ attemptId }) => attemptId));
  const isSuperseded = view === null || report.generation < view.spec.generation;
  const isOrdered = (one: AttemptView) =>
    !term.isMissed(one.attempt.attemptId) && !withholds(one, told.has(one.attempt.attemptId));
  const own = isSuperseded ? [] : view.attempts.filter(isOrdered);
  const ownIds = new Set(own.map(({ attempt }) => attempt.attemptId));
  const strangers = report.attempts.filter(({ attemptId }) => !ownIds.has(attemptId));
  return {
    leaderless: false,
    epoch: term.epoch,
    leaseMs: term.leaseMs,
    run: own.map((one) => runOrder(one, ordering)),
    stop: [
      ...own.flatMap((one) => stopOf(one, nowMs) ?? []),
      ...strangers
        .filter(({ state }) => state.phase !== 'ended')
        .map(({ attemptId }) => ({ attemptId, because: 'superseded' as const, save: false, stopMs: 0 })),
    ],
    forget: strangers.filter(({ state }) => state.phase === 'ended').map(({ attemptId }) => attemptId),
    quarantined: [...quarantined],
  };
}

/** Only for an instance that has just read, after the report came, that no lease of a leader is valid. */
export function leaderlessOrders(leaseMs: number): AgentOrders {
  return { leaderless: true, epoch: 0, leaseMs, run: [], stop: [], forget: [], quarantined: [] };
}

function runOrder(
  { job, attempt, ranMs, watchMs = Number.POSITIVE_INFINITY }: AttemptView,
  { term, payloadOf }: Ordering,
): RunOrder {
  const { jobId, orgId, kind, binary, gpuMemoryMib, checkpoints, wallMsMax } = job;
  const { attemptId, version, devices, checkpointKey, savedMs } = attempt;
  return {
    ...{ attemptId, jobId, orgId, kind, binary, version, checkpointKey, savedMs, gpuMemoryMib, checkpoints },
    ...payloadOf(jobId),
    epoch: term.epoch,
    devices: [...devices],
    wallMsLeft: Math.max(0, Math.min(wallMsMax - ranMs, watchMs)),
  };
}

function stopOf(
  { job, attempt, cancelAsked }: AttemptView,
  nowMs: number,
): AgentOrders['stop'][number] | null {
  const { attemptId, preempting } = attempt;
  if (cancelAsked) return { attemptId, because: 'cancelled', save: false, stopMs: 0 };
  if (!preempting) return null;
  const stopMs = Math.max(0, preempting.stopByMs - nowMs);
  return { attemptId, because: 'preempted', save: job.checkpoints, stopMs };
}
