import type { AttemptId, JobId } from '@cellbook/shared/ids.ts';
import type { SchedulerEvent } from '../core/model/event.ts';
import { type Batch, isLast, jobOf, type Outcome } from './event-log.ts';

/** What a batch says for good about jobs that end in it: how, and by which attempt. */
export function outcomesOfBatch({ firstSeq, entries }: Batch): Outcome[] {
  const attempts = new Map<JobId, SchedulerEvent & { attemptId: AttemptId }>();
  const outcomes: Outcome[] = [];
  for (const [index, { event }] of entries.entries()) {
    if (event.type === 'attempt_ended') attempts.set(event.jobId, event);
    const jobId = isLast(event) ? jobOf(event) : null;
    if (jobId !== null)
      outcomes.push({ jobId, seq: firstSeq + index, event, attempt: attempts.get(jobId) ?? null });
  }
  return outcomes;
}
