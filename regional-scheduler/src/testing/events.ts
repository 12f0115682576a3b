/** Events for tests of the log, which does not look into them. */
import { type AttemptId, attemptIdSchema, type JobId, jobIdSchema } from '@cellbook/shared/ids.ts';
import type { SchedulerEvent } from '../core/model/event.ts';

export const jobNumber = (number: number): JobId =>
  jobIdSchema.parse(`job-${String(number).padStart(20, '0')}`);
export const attemptNumber = (number: number): AttemptId =>
  attemptIdSchema.parse(`att-${String(number).padStart(20, '0')}`);

export const released = (number: number): SchedulerEvent => ({
  type: 'job_released',
  atMs: 1_000 + number,
  jobId: jobNumber(number),
});

export const succeeded = (number: number): SchedulerEvent[] => [
  {
    type: 'attempt_ended',
    atMs: 2_000,
    jobId: jobNumber(number),
    attemptId: attemptNumber(number),
    outcome: { kind: 'succeeded', resultKey: `results/${number}`, bytes: 7 },
    ranMs: 60_000,
    savedMs: 0,
    retryAtMs: null,
  },
  { type: 'job_ended', atMs: 2_000, jobId: jobNumber(number), phase: 'succeeded', because: '' },
];
