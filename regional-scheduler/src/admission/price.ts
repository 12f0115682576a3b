/**
 * What a job costs, in millionths of the account's unit. A GPU-second costs the same whatever the model: whoever
 * needs a certain one waits for it instead of paying for it. Charged is time that the customer's own program had: not
 * what was lost with a host or with a lease, and of a preempted attempt only what its checkpoint saved.
 */
import { limits } from '@cellbook/shared/limits.ts';
import type { AttemptOutcome, JobSpec } from '../core/model/job.ts';

export const microsOf = (gpus: number, ranMs: number): number =>
  Math.ceil((gpus * ranMs * limits.jobs.microsPerGpuSecond) / 1_000);

/** At the predicted 95th percentile, and never more than it may run at all. */
export const reservedMicrosOf = (gpus: number, predicted: JobSpec['predicted'], wallMsMax: number): number =>
  microsOf(gpus, Math.min(predicted.p95Ms, wallMsMax));

export interface EndedAttempt {
  outcome: AttemptOutcome;
  ranMs: number;
  /** Of the whole job, before it and after it. */
  savedMsBefore: number;
  savedMs: number;
}

export function chargedMsOf({ outcome, ranMs, savedMsBefore, savedMs }: EndedAttempt): number {
  if (outcome.kind === 'preempted') return Math.min(ranMs, Math.max(0, savedMs - savedMsBefore));
  if (outcome.kind !== 'failed') return ranMs;
  return ofTheHouse.has(outcome.class) ? 0 : ranMs;
}

const ofTheHouse: ReadonlySet<string> = new Set(['lost', 'host_fault', 'refused']);

/** `2026-11`: the month, in UTC, whose cap a reservation counts for. */
export const monthOf = (nowMs: number): string => new Date(nowMs).toISOString().slice(0, 7);
