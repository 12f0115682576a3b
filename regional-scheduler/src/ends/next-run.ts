/**
 * The next run of a repeated task, when the one before it has ended: pure. It is due a whole number of periods after
 * the first; `skip` leaves out those that passed meanwhile, `wait` makes up for them one after the other. A run that was
 * cancelled is the last; one that failed is not.
 */
import type { JobId } from '@cellbook/shared/ids.ts';
import type { Applicant } from '../admission/decide-admission.ts';
import { reservedMicrosOf } from '../admission/price.ts';
import type { FoldedJob } from '../records/fold-job.ts';
import type { JobRecord } from '../records/job-record.ts';

export function nextRun(
  { spec, request }: JobRecord,
  view: FoldedJob,
  { jobId, nowMs }: { jobId: JobId; nowMs: number },
): Applicant | null {
  const { repeats } = request;
  if (!repeats || !spec || view.phase === 'cancelled' || view.phase === 'spilled') return null;
  const { rule, first, run, quotas } = repeats;
  if (run >= rule.times) return null;
  const dueMs = dueOf(repeats.dueMs, rule.everySeconds * 1_000, rule.overlap, nowMs);
  const lateMs = spec.deadlineMs === null ? null : spec.deadlineMs - repeats.dueMs;
  const notBeforeMs = dueMs > nowMs ? dueMs : null;
  const deadlineMs = lateMs === null ? null : dueMs + lateMs;
  const reservedMicros = reservedMicrosOf(spec.gpus, spec.predicted, spec.wallMsMax);
  return {
    candidate: {
      spec: { ...spec, jobId, submittedMs: nowMs, notBeforeMs, deadlineMs, reservedMicros },
      request: {
        ...request,
        shape: { ...request.shape, notBeforeMs, deadlineMs },
        repeats: { ...repeats, run: run + 1, dueMs },
      },
      // No client can send one with a space in it.
      idempotencyKey: `run ${run + 1} of ${first}`,
      bodyHash: null,
      reuse: null,
      fingerprint: null,
    },
    quotas,
  };
}

function dueOf(lastMs: number, everyMs: number, overlap: 'wait' | 'skip', nowMs: number): number {
  const nextMs = lastMs + everyMs;
  if (overlap === 'wait' || nextMs >= nowMs) return nextMs;
  return lastMs + Math.ceil((nowMs - lastMs) / everyMs) * everyMs;
}
