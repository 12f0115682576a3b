/**
 * What follows a failure, by its class. A failure is charged to the job (its program or its request is to blame) or
 * to the host (the job is innocent until it has had very many of those). Never again on a host that failed it; full
 * jitter, so that what failed together does not come back together.
 *
 *   class          charged  tried again                     else
 *   crashed        job      3 attempts                      dead_lettered
 *   bad_output     job      2 attempts                      dead_lettered
 *   hung           job      2 attempts, on two hosts        dead_lettered
 *   no_progress    job      2 attempts, on two hosts        dead_lettered
 *   out_of_memory  job      2 attempts (elsewhere)          failed
 *   wall_clock     job      never                           timed_out
 *   host_fault     host     until 5 of them                 dead_lettered
 *   lost           host     until 5 of them                 dead_lettered
 *   refused        host     until 5 of them, soon           dead_lettered
 *
 * Over all classes at most `attemptsMax` of the job's own attempts are charged to it.
 */
import type { AttemptId, HostId, JobId } from '@cellbook/shared/ids.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { type RetryPolicy, retryDelayMs } from '@cellbook/shared/retry.ts';
import type { EndedPhase, FailureClass } from '../model/job.ts';

export interface FailedAttempt {
  attemptId: AttemptId;
  hostId: HostId;
  version: string;
  class: FailureClass;
  detail: string;
  ranMs: number;
  atMs: number;
  /** Of the GPUs that it ran out of; absent: it did not, or it is not known. */
  memoryMib?: number;
}

interface RetryRule extends RetryPolicy {
  charged: 'job' | 'host';
  /** What the job is when it is not tried again. */
  ends: Extract<EndedPhase, 'failed' | 'timed_out' | 'dead_lettered'>;
}

export const retryRules: Record<FailureClass, RetryRule> = {
  crashed: rule('job', 3, 5_000, 120_000, 'dead_lettered'),
  bad_output: rule('job', 2, 5_000, 60_000, 'dead_lettered'),
  hung: rule('job', 2, 30_000, 300_000, 'dead_lettered'),
  no_progress: rule('job', 2, 30_000, 300_000, 'dead_lettered'),
  out_of_memory: rule('job', 2, 5_000, 60_000, 'failed'),
  wall_clock: rule('job', 1, 0, 0, 'timed_out'),
  host_fault: rule('host', 5, 2_000, 30_000, 'dead_lettered'),
  lost: rule('host', 5, 2_000, 30_000, 'dead_lettered'),
  refused: rule('host', 5, 1_000, 10_000, 'dead_lettered'),
};

export interface FailedJob {
  attemptsMax: number;
  wallMsMax: number;
  /** How long its attempts have run together. */
  ranMsTotal: number;
}

export type AfterFailure =
  | { retryAtMs: number; because: string }
  | { retryAtMs: null; phase: RetryRule['ends']; because: string };

export interface AfterFailureInput {
  job: FailedJob;
  /** All of this job, the newest last. */
  failures: readonly FailedAttempt[];
  /** Hosts that fit it and have not failed it. */
  hostsLeft: number;
  nowMs: number;
  random: Random;
  /** Failures on a version that is being rolled out: the first of them is not charged to the job. */
  onCandidate?: number;
  /** Over how long to spread it at the least, where many fail at once (rollout.ts). */
  spreadMs?: number;
}

export function afterFailure(input: AfterFailureInput): AfterFailure {
  const { job, failures, nowMs, random } = input;
  const last = failures.at(-1);
  if (!last) throw new RangeError('nothing has failed');
  const policy = retryRules[last.class];
  const ofClass = failures.filter((one) => one.class === last.class).length;
  const ofHosts = failures.filter((one) => retryRules[one.class].charged === 'host').length;
  const charged = failures.length - ofHosts - Math.min(1, input.onCandidate ?? 0);
  const over = (because: string): AfterFailure => ({ retryAtMs: null, phase: policy.ends, because });
  if (job.ranMsTotal >= job.wallMsMax)
    return {
      retryAtMs: null,
      phase: 'timed_out',
      because: 'its attempts have used up its wall-clock budget',
    };
  const isHosts = policy.charged === 'host';
  if (isHosts ? ofHosts >= policy.attemptsMax : ofClass >= policy.attemptsMax)
    return over(`${isHosts ? ofHosts : ofClass} attempts ended so, the last ${last.class}: ${last.detail}`);
  if (charged >= job.attemptsMax) return over(`all ${charged} attempts failed, the last ${last.class}`);
  if (input.hostsLeft === 0)
    return { retryAtMs: null, phase: 'dead_lettered', because: 'no host is left that has not failed it' };
  const waitMs = retryDelayMs(isHosts ? ofHosts : ofClass, policy, random);
  const spreadMs = Math.floor(random.float() * (input.spreadMs ?? 0));
  return { retryAtMs: nowMs + waitMs + spreadMs, because: `${last.class}: tried again on another host` };
}

/**
 * Where it is never placed again: where it failed, and where it was lost or refused twice. Once is an outage, which in a
 * small region must not take the only host from it that it fits. Not counted is one that was lost and that nobody knows to
 * have begun, so that a job that a guardian may have taken up meanwhile is not given up here as well; what ends its host
 * before that is told of goes back there at the most as often as `retryRules` lets anything be lost.
 */
export function avoidedHosts(failures: readonly FailedAttempt[]): HostId[] {
  const avoided = new Set<HostId>();
  const unlucky = new Set<HostId>();
  for (const { hostId, class: failure, ranMs } of failures) {
    if (failure === 'lost' && ranMs === 0) continue;
    const saysLittle = failure === 'lost' || failure === 'refused';
    if (!saysLittle || unlucky.has(hostId)) avoided.add(hostId);
    unlucky.add(hostId);
  }
  return [...avoided];
}

/** What its GPUs must have more of: those it ran out of; 0: it never did. */
export function outgrownMib(failures: readonly FailedAttempt[]): number {
  return failures.reduce((most, { memoryMib }) => Math.max(most, memoryMib ?? 0), 0);
}

/** Everything one needs to judge a job that is given up. */
export interface DeadLetter {
  jobId: JobId;
  because: string;
  attempts: readonly (FailedAttempt & { logKey: string })[];
  hosts: readonly HostId[];
  versions: readonly string[];
  classes: readonly FailureClass[];
  ranMsTotal: number;
}

export function deadLetter(jobId: JobId, failures: readonly FailedAttempt[], because: string): DeadLetter {
  return {
    jobId,
    because,
    attempts: failures.map((one) => ({ ...one, logKey: `logs/${jobId}/${one.attemptId}` })),
    hosts: [...new Set(failures.map((one) => one.hostId))],
    versions: [...new Set(failures.map((one) => one.version))],
    classes: [...new Set(failures.map((one) => one.class))],
    ranMsTotal: failures.reduce((sum, one) => sum + one.ranMs, 0),
  };
}

function rule(
  charged: RetryRule['charged'],
  attemptsMax: number,
  baseDelayMs: number,
  maxDelayMs: number,
  ends: RetryRule['ends'],
): RetryRule {
  return { charged, attemptsMax, baseDelayMs, maxDelayMs, ends };
}
