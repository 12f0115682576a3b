/**
 * The log in Postgres. An append is one statement, and so one commit: it locks the leader row against being taken over
 * (`for share` waits for a takeover under way and then looks at the row anew) and writes the batch. A takeover in its turn
 * waits for an append under way, so that the new leader reads everything that the old one ever wrote.
 */

import { asStoreOutage } from '@cellbook/shared/store-outage.ts';
import { codesOf } from '@cellbook/shared/thrown-codes.ts';
import type postgres from 'postgres';
import type { Database } from '../db/database.ts';
import { type ArrivalPoint, type Batch, type EventLog, jobOf, type LogEntry } from './event-log.ts';
import { type EventRow, type PageRow, toEntries, toEntry } from './event-row.ts';
import { staleAppend, takenNumbers } from './refusals.ts';

const uniqueViolation = '23505';

export function createPostgresEventLog({ $client: sql }: Database): EventLog {
  return {
    async append(batch) {
      const written = await appendRows(sql, batch).catch((error: unknown) => {
        if (codesOf(error).includes(uniqueViolation)) throw takenNumbers(batch, error);
        throw asStoreOutage(error, 'appending to the log') ?? error;
      });
      if (written === 'stale') throw staleAppend(batch);
      if (written === 'gap') throw takenNumbers(batch);
    },
    async lastSeq() {
      const [row] = await reading(sql<{ last: string }[]>`
        select coalesce(max(seq), 0)::text as last from events`);
      return Number(row?.last ?? 0);
    },
    async read(afterSeq, countMax) {
      const [page] = await reading(sql<PageRow[]>`
        select min(seq)::float8 as first, string_agg(epoch::text, ',') as epochs, string_agg(body::text, ',') as bodies,
          string_agg(seq || ' ' || stream || ' ' || arrival_xid || ' ' || arrival_position, ',')
            filter (where stream is not null) as arrivals
        from (select * from events where seq > ${afterSeq} order by events.seq limit ${countMax}) as page`);
      return page ? toEntries(page) : [];
    },
    async eventsOf(jobIds, afterSeq = 0) {
      const rows = await reading(sql<EventRow[]>`
        select seq::text, epoch::text, body, stream, arrival_xid::text, arrival_position::text
        from events where job_id = any(${[...jobIds]}::text[]) and seq > ${afterSeq} order by events.seq`);
      return rows.map(toEntry);
    },
  };
}

async function reading<Rows>(rows: PromiseLike<Rows>): Promise<Rows> {
  try {
    return await rows;
  } catch (error) {
    throw asStoreOutage(error, 'reading the log') ?? error;
  }
}

/**
 * Columns travel as lines of one text each: neither JSON nor ids hold a line's end, and to take them apart costs the
 * server less than it costs this process to write arrays.
 */
async function appendRows(sql: postgres.Sql, batch: Batch): Promise<'written' | 'stale' | 'gap'> {
  const { entries, epoch, firstSeq } = batch;
  const lines = (of: (entry: LogEntry) => string | number) => entries.map(of).join('\n');
  const hasArrivals = entries.some(({ arrival }) => arrival !== undefined);
  const arrived = (of: (arrival: ArrivalPoint) => string | number) =>
    hasArrivals ? lines(({ arrival }) => (arrival ? of(arrival) : '')) : '';
  const [row] = await sql<{ leads: boolean; follows: boolean }[]>`
    with fence as materialized (
      select 1 from leader where id = 1 and epoch = ${epoch} for share
    ), place as materialized (
      select from fence where coalesce((select max(seq) from events), 0) = ${firstSeq - 1}
    ), written as (
      insert into events (seq, epoch, job_id, type, body, stream, arrival_xid, arrival_position)
      select ${firstSeq - 1} + number, ${epoch}, nullif(job_id, ''), type, body::json,
             nullif(stream, ''), nullif(xid, '')::xid8, nullif(position, '')::bigint
      from place, unnest(
        string_to_array(${lines(({ event }) => jobOf(event) ?? '')}, E'\\n'),
        string_to_array(${lines(({ event }) => event.type)}, E'\\n'),
        string_to_array(${lines(({ event }) => JSON.stringify(event))}, E'\\n'),
        string_to_array(${arrived(({ stream }) => stream)}, E'\\n'),
        string_to_array(${arrived(({ xid }) => xid)}, E'\\n'),
        string_to_array(${arrived(({ position }) => position)}, E'\\n')
      ) with ordinality as given (job_id, type, body, stream, xid, position, number)
    )
    select exists (select from fence) as leads, exists (select from place) as follows`;
  if (!row?.leads) return 'stale';
  return row.follows ? 'written' : 'gap';
}
