/** When a job may run, checked against the clock of whoever admits it. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { SubmitJob } from '@cellbook/shared/protocol/job-request.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';

export interface Times {
  notBeforeMs: number | null;
  deadlineMs: number | null;
  wallMsMax: number;
}

export function timesOf(job: SubmitJob, tier: Tier, nowMs: number): Times {
  const notBeforeMs = job.notBefore === undefined ? null : Date.parse(job.notBefore);
  const deadlineMs = job.deadline === undefined ? null : Date.parse(job.deadline);
  if (notBeforeMs !== null && notBeforeMs > nowMs + limits.jobs.notBeforeMsMax)
    throw refused('notBefore', `it is more than ${limits.jobs.notBeforeMsMax / 86_400_000} days away`);
  if (deadlineMs !== null && deadlineMs <= Math.max(nowMs, notBeforeMs ?? 0))
    throw refused('deadline', notBeforeMs === null ? 'it is over already' : 'it is not after notBefore');
  const wallSecondsMax = limits.jobs.wallSecondsMaxByTier[tier];
  if (job.wallSeconds > wallSecondsMax)
    throw refused('wallSeconds', `a job of tier ${tier} may run for ${wallSecondsMax} seconds at the most`);
  if (!job.preemptible && tier !== 'enterprise')
    throw refused('preemptible', `a job of tier ${tier} may be stopped for others; leave it out`);
  const isPast = notBeforeMs !== null && notBeforeMs <= nowMs;
  return { notBeforeMs: isPast ? null : notBeforeMs, deadlineMs, wallMsMax: job.wallSeconds * 1_000 };
}

const refused = (field: string, problem: string): CellbookError =>
  new CellbookError('bad_request', {
    doing: 'admitting a job',
    problem: `body.${field}: ${problem}`,
    next: 'Correct the request.',
    ids: { field },
  });
