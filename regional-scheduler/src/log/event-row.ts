/** Rows of the log as Postgres gives them. Their bodies were written by this program and are not checked again. */
import type { SchedulerEvent } from '../core/model/event.ts';
import type { ArrivalStream, StoredEntry } from './event-log.ts';

export interface EventRow {
  seq: string;
  epoch: string;
  body: SchedulerEvent;
  stream: ArrivalStream | null;
  arrival_xid: string | null;
  arrival_position: string | null;
}

/**
 * A page as one row of texts: to take ten thousand rows apart costs this process ten times what one JSON text does. Events
 * follow one another without a gap.
 */
export interface PageRow {
  first: number | null;
  epochs: string | null;
  bodies: string | null;
  arrivals: string | null;
}

export function toEntry(row: EventRow): StoredEntry {
  const entry = { seq: Number(row.seq), epoch: Number(row.epoch), event: row.body };
  if (row.stream === null) return entry;
  const point = { xid: Number(row.arrival_xid), position: Number(row.arrival_position) };
  return { ...entry, arrival: { stream: row.stream, ...point } };
}

export function toEntries({ first, epochs, bodies, arrivals }: PageRow): StoredEntry[] {
  if (first === null || epochs === null || bodies === null) return [];
  const events = JSON.parse(`[${bodies}]`) as SchedulerEvent[];
  const ofEpochs = epochs.split(',').map(Number);
  const entries = events.map((event, at): StoredEntry => ({ seq: first + at, epoch: ofEpochs[at]!, event }));
  for (const told of arrivals?.split(',') ?? []) {
    const [seq, stream, xid, position] = told.split(' ');
    const entry = entries[Number(seq) - first]!;
    entry.arrival = { stream: stream as ArrivalStream, xid: Number(xid), position: Number(position) };
  }
  return entries;
}
