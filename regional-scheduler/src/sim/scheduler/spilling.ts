/** Which jobs are offered to the other region and not answered yet, by what is in the log. */
import type { JobId } from '@cellbook/shared/ids.ts';
import type { SchedulerEvent } from '../../core/model/event.ts';
import type { Batch } from './simulated-log.ts';

export function spillsIn(batches: readonly Batch[]): Map<JobId, number> {
  const spilling = new Map<JobId, number>();
  for (const { events } of batches) for (const event of events) trackSpill(spilling, event);
  return spilling;
}

export function trackSpill(spilling: Map<JobId, number>, event: SchedulerEvent): void {
  if (event.type === 'spill_offered') spilling.set(event.jobId, event.handoff);
  if (event.type === 'spill_settled' || event.type === 'job_taken_up') spilling.delete(event.jobId);
}
