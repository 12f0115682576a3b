/** How a run of a repeated task ends that quotas forbid when it is its turn: seen by its owner, and the last. */
import type { CellbookError } from '@cellbook/shared/errors.ts';
import { newJob } from '../records/fold-job.ts';
import type { JobEnd } from '../records/job-record.ts';
import type { Candidate } from './asked.ts';

export function refusedEnd({ spec }: Candidate, error: CellbookError, nowMs: number): JobEnd {
  const because = `its next run was not admitted: ${error.problem}`;
  return {
    ...{ jobId: spec.jobId, orgId: spec.orgId, phase: 'failed' },
    view: { ...newJob(null), phase: 'failed', because, endedMs: nowMs },
    ...{ costMicros: 0, endedMs: nowMs, resultKey: null, resultUntilMs: null },
  };
}
