/**
 * Arrivals in Postgres: one statement over the three tables, each read along its index of (xid, position) as far as is
 * asked for. On tables that have just been filled the planner would read and sort all there is instead, at every turn
 * (90 ms for 10,000 rows), so that the statement has a connection of its own, to which that is forbidden.
 */
import type { JobId } from '@cellbook/shared/ids.ts';
import { asStoreOutage } from '@cellbook/shared/store-outage.ts';
import type { SchedulerEvent } from '../core/model/event.ts';
import type { JobSpec } from '../core/model/job.ts';
import type { Database } from '../db/database.ts';
import type { Arrival, Arrivals } from './arrivals.ts';
import { type ArrivalPoint, type ArrivalStream, arrivalStreams } from './event-log.ts';

interface ArrivalRow {
  stream: ArrivalStream;
  xid: string;
  position: string;
  body: unknown;
}

export const arrivalSettings = { enable_bitmapscan: 'off', enable_seqscan: 'off', enable_sort: 'off' };

/** `database`: with `arrivalSettings`. */
export function createPostgresArrivals({ $client: sql }: Database): Arrivals {
  return {
    async take(after, countMax) {
      const [submissions, cancels, asks] = arrivalStreams.map((stream) => positionIn(stream, after));
      const xid = String(after.xid);
      const rows = await sql<ArrivalRow[]>`
        with settled as materialized (select pg_snapshot_xmin(pg_current_snapshot()) as xid)
        select stream, xid::text, position::text, body from (
          (select 0 as number, 'submissions' as stream, xid, position, to_json(spec) as body from submissions
           where (xid, position) > (${xid}::xid8, ${submissions ?? 0}::bigint)
             and xid < (select xid from settled) and spec is not null
           order by xid, position limit ${countMax})
          union all
          (select 1, 'cancel_requests', xid, position, to_json(job_id) from cancel_requests
           where (xid, position) > (${xid}::xid8, ${cancels ?? 0}::bigint) and xid < (select xid from settled)
           order by xid, position limit ${countMax})
          union all
          (select 2, 'asks', xid, position, event from asks
           where (xid, position) > (${xid}::xid8, ${asks ?? 0}::bigint) and xid < (select xid from settled)
           order by xid, position limit ${countMax})
        ) as arrived
        order by arrived.xid, number, arrived.position limit ${countMax}`.catch(outage);
      return rows.map(toArrival);
    },
    async ask(event, by) {
      await sql`insert into asks (event, asked_by) values (${JSON.stringify(event)}::text::json, ${by})`.catch(
        outage,
      );
    },
  };
}

/** Inside the transaction of the point, streams come one after another. */
function positionIn(stream: ArrivalStream, { stream: last, position }: ArrivalPoint): number {
  const difference = arrivalStreams.indexOf(stream) - arrivalStreams.indexOf(last);
  if (difference === 0) return position;
  return difference < 0 ? Number.MAX_SAFE_INTEGER : 0;
}

/** What is in these tables was checked when it was written, by this program alone. */
function toArrival({ stream, xid, position, body }: ArrivalRow): Arrival {
  const point = { xid: Number(xid), position: Number(position) };
  switch (stream) {
    case 'submissions':
      return { ...point, stream, job: body as JobSpec };
    case 'cancel_requests':
      return { ...point, stream, jobId: body as JobId };
    case 'asks':
      return { ...point, stream, event: body as SchedulerEvent };
  }
}

function outage(error: unknown): never {
  throw asStoreOutage(error, 'looking for what has arrived') ?? error;
}
