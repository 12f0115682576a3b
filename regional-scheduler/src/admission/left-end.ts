/** How a job ends that waited for the result of another, and whose owner cancels it: that one may go on without it. */
import { newJob } from '../records/fold-job.ts';
import type { JobBrief, JobEnd } from '../records/job-record.ts';

export const leftEnd = ({ jobId, orgId }: JobBrief, nowMs: number): JobEnd => ({
  ...{ jobId, orgId, phase: 'cancelled' },
  view: { ...newJob(null), phase: 'cancelled', because: 'its owner cancelled it', endedMs: nowMs },
  ...{ costMicros: 0, endedMs: nowMs, resultKey: null, resultUntilMs: null },
});
