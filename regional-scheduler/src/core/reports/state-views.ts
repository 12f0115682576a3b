/** What of the scheduler's state reading and answering reports needs, and what follows from the end of an attempt. */
import type { HostId } from '@cellbook/shared/ids.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { isHeld as isHostHeld } from '../contain/hosts.ts';
import { afterFailure, avoidedHosts, type FailedAttempt } from '../contain/retry.ts';
import { requeueSpreadMs } from '../contain/rollout.ts';
import { watchMs } from '../contain/watch.ts';
import type { LiveAttempt } from '../fleet/host.ts';
import { type CancelReason, cancelledBecause } from '../jobs/tries.ts';
import type { AttemptOutcome, JobSpec } from '../model/job.ts';
import { kindsFor } from '../queue/shape-class.ts';
import type { SchedulerState } from '../state.ts';
import type { AfterAttempt, AttemptView, HostView, JudgeAttempt } from './views.ts';

export function hostView(state: SchedulerState, hostId: HostId): HostView | null {
  const host = state.fleet.hosts.get(hostId);
  if (!host) return null;
  const attempts = host.attempts.map((attempt) => new ViewOfAttempt(state, attempt));
  const isHeld = isHostHeld(state.contain.hosts, hostId);
  return { spec: host.spec, phase: host.phase, attempts, ...(isHeld && { isHeld }) };
}

/**
 * What a host runs is looked at with each of its reports, and hardly ever asked for more than which attempts those are:
 * the job is put together when somebody asks. To be read before the state is another.
 */
class ViewOfAttempt implements AttemptView {
  readonly attempt: LiveAttempt;
  readonly #state: SchedulerState;
  #job: JobSpec | null = null;

  constructor(state: SchedulerState, attempt: LiveAttempt) {
    this.attempt = attempt;
    this.#state = state;
  }

  get job(): JobSpec {
    this.#job ??= this.#state.jobs.spec(this.attempt.row);
    return this.#job;
  }

  get cancelAsked(): boolean {
    return this.attempt.tries.cancel !== null;
  }

  get ranMs(): number {
    return this.attempt.tries.ranMs;
  }

  get watchMs(): number {
    return watchMs(this.#state.contain.classes, this.job);
  }
}

/** The one place that says what follows when an attempt has ended; `random` spreads those that come again. */
export function judgeAttempt(state: SchedulerState, random: Random): JudgeAttempt {
  return (view, { outcome, ranMs }, nowMs): AfterAttempt => {
    const { job, attempt } = view;
    const tries = state.tries.get(state.jobs.rowOf(job.jobId) ?? -1);
    if (outcome.kind === 'succeeded')
      return { retryAtMs: null, phase: 'succeeded', because: 'it made its result' };
    if (tries?.cancel) return endOfCancelled(tries.cancel);
    if (outcome.kind !== 'failed') return { retryAtMs: nowMs };
    const failures = [...(tries?.failures ?? []), failureOf(view, outcome, ranMs, nowMs)];
    const rollout = state.contain.rollouts[job.binary];
    const spreadMs = requeueSpreadMs(rollout, attempt.version, state.attempts.size);
    const onCandidate = failures.filter(({ version }) => version === rollout?.candidate).length;
    return afterFailure({
      job: { attemptsMax: job.attemptsMax, wallMsMax: job.wallMsMax, ranMsTotal: view.ranMs + ranMs },
      ...{ failures, nowMs, random, spreadMs, onCandidate },
      hostsLeft: hostsLeft(state, job, failures),
    });
  };
}

function endOfCancelled(cancel: CancelReason): AfterAttempt {
  if (cancel === 'asked' || cancel === 'rights')
    return { retryAtMs: null, phase: 'cancelled', because: cancelledBecause[cancel] };
  const because = cancel === 'deadline' ? 'its deadline passed' : 'its wall-clock budget is used up';
  return { retryAtMs: null, phase: 'timed_out', because };
}

function failureOf(
  { attempt: { attemptId, hostId, version } }: AttemptView,
  outcome: Extract<AttemptOutcome, { kind: 'failed' }>,
  ranMs: number,
  atMs: number,
): FailedAttempt {
  return { attemptId, hostId, version, class: outcome.class, detail: outcome.detail, ranMs, atMs };
}

/** Those that could run it, now or when they are back and well again, and that it does not avoid. */
function hostsLeft(state: SchedulerState, job: JobSpec, failures: readonly FailedAttempt[]): number {
  const kinds = kindsFor(job, state.fleet.kinds);
  const avoided = new Set(avoidedHosts(failures));
  let left = 0;
  for (const { spec, phase, kind } of state.fleet.hosts.values())
    if (phase !== 'gone' && kinds.includes(kind) && spec.gpus >= job.gpus && !avoided.has(spec.hostId))
      left++;
  return left;
}
