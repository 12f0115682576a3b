/**
 * The record of a region: what happened, numbered without a gap from 1. Only the leader appends, a batch at a time; a
 * batch is in the log as a whole or not at all. Whether it may is decided by the log in the same commit: an append of
 * an older epoch than the leader row's is refused (`stale_epoch`), so that a leader that slept through the end of its
 * lease cannot say anything any more, whatever it believes.
 *
 *     append(epoch 7, seq 101–150) ──▶ written ┐
 *                                  ──▶ stale_epoch: epoch 8 leads     nothing written, never will be
 *                                  ──▶ conflict: 101 is taken already nothing written; the log says by whom
 *                                  ──▶ store_unavailable              perhaps written: append-surely.ts finds out
 */
import type { JobId } from '@cellbook/shared/ids.ts';
import type { SchedulerEvent } from '../core/model/event.ts';

export const arrivalStreams = ['submissions', 'cancel_requests', 'asks'] as const;
export type ArrivalStream = (typeof arrivalStreams)[number];

/**
 * A place among all arrivals, whatever their stream: they are taken in this order, whatever order their transactions
 * ended in (arrivals.ts).
 */
export interface ArrivalPoint {
  xid: number;
  stream: ArrivalStream;
  position: number;
}

export interface LogEntry {
  event: SchedulerEvent;
  /** The arrival it took in: the watermark is in the log, so that nothing is taken twice and nothing left out. */
  arrival?: ArrivalPoint;
}

export interface StoredEntry extends LogEntry {
  seq: number;
  epoch: number;
}

export interface Batch {
  epoch: number;
  /** One above the last event there is. */
  firstSeq: number;
  entries: readonly LogEntry[];
}

export interface EventLog {
  append(batch: Batch): Promise<void>;
  /** 0 where there is none. */
  lastSeq(): Promise<number>;
  /** In order, at most `countMax`, those above `afterSeq`. */
  read(afterSeq: number, countMax: number): Promise<StoredEntry[]>;
  /** Of these jobs, in order, as far as partitions reach back. */
  eventsOf(jobIds: readonly JobId[], afterSeq?: number): Promise<StoredEntry[]>;
}

export const noArrival: ArrivalPoint = { xid: 0, stream: 'submissions', position: 0 };

/** The job an event is of, for the log's index. */
export const jobOf = (event: SchedulerEvent): JobId | null =>
  event.type === 'job_submitted' ? event.job.jobId : 'jobId' in event ? event.jobId : null;

/** The last word on a job in this region; what became of it is settled from there (ends/follow-ends.ts). */
export const isLast = (event: SchedulerEvent): boolean =>
  event.type === 'job_ended' ||
  event.type === 'job_taken_up' ||
  (event.type === 'spill_settled' && event.taken);
