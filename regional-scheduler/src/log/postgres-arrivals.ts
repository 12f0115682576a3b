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

/** All of them as two texts: to take a thousand rows apart costs this process ten times what one JSON text does. */
interface PageRow {
  points: string | null;
  bodies: string | null;
}

export const arrivalSettings = { enable_bitmapscan: 'off', enable_seqscan: 'off', enable_sort: 'off' };

/** `database`: with `arrivalSettings`. */
export function createPostgresArrivals({ $client: sql }: Database): Arrivals {
  return {
    async take(after, countMax) {
      const [submissions, cancels, asks] = arrivalStreams.map((stream) => positionIn(stream, after));
      const xid = String(after.xid);
      const [page] = await sql<PageRow[]>`
        with settled as materialized (select pg_snapshot_xmin(pg_current_snapshot()) as xid)
        select string_agg(stream || ' ' || xid || ' ' || position, ',') as points, string_agg(body, ',') as bodies from (
          select * from (
            (select 0 as number, 'submissions' as stream, xid, position, spec::text as body from submissions
             where (xid, position) > (${xid}::xid8, ${submissions ?? 0}::bigint)
               and xid < (select xid from settled) and spec is not null
             order by xid, position limit ${countMax})
            union all
            (select 1, 'cancel_requests', xid, position, to_json(job_id)::text from cancel_requests
             where (xid, position) > (${xid}::xid8, ${cancels ?? 0}::bigint) and xid < (select xid from settled)
             order by xid, position limit ${countMax})
            union all
            (select 2, 'asks', xid, position, event::text from asks
             where (xid, position) > (${xid}::xid8, ${asks ?? 0}::bigint) and xid < (select xid from settled)
             order by xid, position limit ${countMax})
          ) as arrived
          order by arrived.xid, number, arrived.position limit ${countMax}
        ) as page`.catch(outage);
      return page ? toArrivals(page) : [];
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

function toArrivals({ points, bodies }: PageRow): Arrival[] {
  if (points === null || bodies === null) return [];
  const all = JSON.parse(`[${bodies}]`) as unknown[];
  return points.split(',').map((told, at) => {
    const [stream, xid, position] = told.split(' ');
    return toArrival(stream as ArrivalStream, { xid: Number(xid), position: Number(position) }, all[at]);
  });
}

/** What is in these tables was checked when it was written, by this program alone. */
function toArrival(
  stream: ArrivalStream,
  point: Pick<ArrivalPoint, 'xid' | 'position'>,
  body: unknown,
): Arrival {
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
