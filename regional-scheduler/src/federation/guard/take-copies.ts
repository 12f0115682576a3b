/** A claim’s taking of what was copied, some of it at a time. The region’s row is held. */
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { z } from 'zod';
import { lockOrganisations, type Sql } from '../../admission/postgres/read-known.ts';
import { insertSubmissions, type Row } from '../../admission/postgres/write-submissions.ts';
import { jobRequestSchema, jobSpecSchema } from '../../db/job-spec.ts';
import { cameByTakeUp, ownNothing } from '../own-nothing.ts';
import type { Claim } from './guard-store.ts';

interface ToTake {
  jobId: JobId;
  spec: unknown;
  request: unknown;
}

/** They become this region's by the same commit. One that cannot be read is set aside: it must not keep the others. */
export async function takeSome(
  sql: Sql,
  from: RegionId,
  of: number,
  takes: Claim['takes'],
  log: Logger,
): Promise<number> {
  const rows = await toTake(sql, from, of, takes);
  const jobs: Row[] = [];
  const unread: JobId[] = [];
  for (const { jobId, ...row } of rows) {
    const read = contentSchema.safeParse(row);
    if (read.success)
      jobs.push({ candidate: { ...read.data, ...ownNothing }, sameAs: null, handoff: cameByTakeUp(from) });
    else {
      unread.push(jobId);
      log.error({ err: read.error, jobId, from }, 'a copied job cannot be read: it is not taken up');
    }
  }
  if (unread.length > 0)
    await sql`update queue_copies set state = 'unread' where from_region = ${from} and job_id = any(${unread})`;
  if (jobs.length === 0) return unread.length === 0 ? 0 : takeSome(sql, from, of, takes, log);
  // Whoever comes back asks for what was taken under this epoch.
  const ids = jobs.map(({ candidate }) => candidate.spec.jobId);
  await sql`
    update queue_copies set state = 'taken', epoch = ${of} where from_region = ${from} and job_id = any(${ids})`;
  await lockOrganisations(
    sql,
    jobs.map(({ candidate }) => candidate.spec.orgId),
  );
  await insertSubmissions(sql, jobs);
  return jobs.length;
}

/** As core/federation/guardian.ts's `isTakenUp`: first what was told under the epoch itself, then what was told before. */
async function toTake(sql: Sql, from: RegionId, of: number, takes: Claim['takes']): Promise<ToTake[]> {
  const { takenPerCommit } = limits.federation;
  const states = takes === 'all' ? ['queued', 'released'] : ['queued'];
  const rows = await sql<ToTake[]>`
    select job_id as "jobId", spec, request from queue_copies
    where from_region = ${from} and epoch = ${of} and state = any(${states}) and spec is not null
    order by job_id limit ${takenPerCommit} for update`;
  if (rows.length > 0) return rows;
  return sql<ToTake[]>`
    select job_id as "jobId", spec, request from queue_copies c join guarded_regions g using (from_region)
    where from_region = ${from} and epoch < ${of} and epoch >= greatest(since_epoch, told_epoch)
      and heard_epoch between ${of - 1} and ${of} and state = 'queued' and spec is not null
    limit ${takenPerCommit} for update of c`;
}

const contentSchema = z.object({ spec: jobSpecSchema, request: jobRequestSchema });
