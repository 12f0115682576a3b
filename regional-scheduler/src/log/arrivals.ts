/**
 * What anybody wrote down for the leader to take in: submissions, requests to cancel, asks. Each is durable before it
 * is acknowledged, on whatever instance; the leader takes them in one order over all streams, by the number of the
 * transaction that wrote them. Transactions end in another order than they began, so that what is below the oldest one
 * still under way alone is looked at: nothing can come before it any more. Who asks to cancel what has just been
 * acknowledged therefore comes after it.
 */
import type { JobId } from '@cellbook/shared/ids.ts';
import type { SchedulerEvent } from '../core/model/event.ts';
import type { JobSpec } from '../core/model/job.ts';
import type { ArrivalPoint } from './event-log.ts';

export type Arrival = ArrivalPoint &
  (
    | { stream: 'submissions'; job: JobSpec }
    | { stream: 'cancel_requests'; jobId: JobId }
    | { stream: 'asks'; event: SchedulerEvent }
  );

export interface Arrivals {
  /** In order, at most `countMax`, those after the point. */
  take(after: ArrivalPoint, countMax: number): Promise<Arrival[]>;
  /** Of an operator or another part: taken like the others. */
  ask(event: SchedulerEvent, by: string): Promise<void>;
}

/** What it means, or null where it means nothing any more. `isKnown`: whether the job is here and has not ended. */
export function eventOfArrival(
  arrival: Arrival,
  isKnown: (jobId: JobId) => boolean,
  nowMs: number,
): SchedulerEvent | null {
  switch (arrival.stream) {
    case 'submissions':
      return { type: 'job_submitted', atMs: nowMs, job: arrival.job };
    case 'cancel_requests':
      return isKnown(arrival.jobId) ? { type: 'cancel_asked', atMs: nowMs, jobId: arrival.jobId } : null;
    case 'asks':
      return 'jobId' in arrival.event && !isKnown(arrival.event.jobId)
        ? null
        : { ...arrival.event, atMs: nowMs };
  }
}
