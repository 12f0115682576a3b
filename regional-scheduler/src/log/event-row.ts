/** Rows of the log as Postgres gives them. Their bodies were written by this program and are not checked again. */
import type { JobId } from '@cellbook/shared/ids.ts';
import type { SchedulerEvent } from '../core/model/event.ts';
import type { ArrivalStream, Outcome, StoredEntry } from './event-log.ts';

export interface EventRow {
  seq: string;
  epoch: string;
  body: SchedulerEvent;
  stream: ArrivalStream | null;
  arrival_xid: string | null;
  arrival_position: string | null;
}

export interface OutcomeRow {
  job_id: JobId;
  seq: string;
  event: SchedulerEvent;
  attempt: SchedulerEvent | null;
}

export function toEntry(row: EventRow): StoredEntry {
  const entry = { seq: Number(row.seq), epoch: Number(row.epoch), event: row.body };
  if (row.stream === null) return entry;
  const point = { xid: Number(row.arrival_xid), position: Number(row.arrival_position) };
  return { ...entry, arrival: { stream: row.stream, ...point } };
}

export const toOutcome = (row: OutcomeRow): Outcome => ({
  jobId: row.job_id,
  seq: Number(row.seq),
  event: row.event,
  attempt: row.attempt,
});
