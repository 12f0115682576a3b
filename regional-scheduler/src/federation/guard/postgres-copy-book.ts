/**
 * The guardian's copies in Postgres. Writers of one region hold its row: copies and releases for share, a taking for
 * update, so that no copy of a claimed epoch comes in behind its end.
 */
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { asStoreOutage } from '@cellbook/shared/store-outage.ts';
import type { Sql } from '../../admission/postgres/read-known.ts';
import { overTurn } from '../../core/federation/guardian.ts';
import type { Database } from '../../db/database.ts';
import type { CopyBook, CopyOfJob, Letting } from './guard-store.ts';
import { takeSome } from './take-copies.ts';

export function createPostgresCopyBook({ $client: sql }: Database, log: Logger): CopyBook {
  /** What a transaction answers is in an object: a bare list would be taken for statements. */
  const inside = async <Value>(work: (sql: Sql) => Promise<Value>): Promise<Value> =>
    (await reach(sql.begin(async (one) => ({ value: await work(one) })))).value;
  return {
    copy: (from, epoch, jobs, nowMs) =>
      inside(async (sql) => {
        await hear(sql, from, epoch);
        if ((await doneEpochOf(sql, from, 'share')) >= epoch) return [];
        return upsertCopies(sql, from, epoch, jobs, nowMs);
      }),
    async complete(from, epoch) {
      await reach(sql`
        update guarded_regions set told_epoch = ${epoch} where from_region = ${from} and told_epoch < ${epoch}`);
    },
    release: (from, epoch, jobs, nowMs) =>
      inside(async (sql) => {
        await hear(sql, from, epoch);
        const isClosed = (await doneEpochOf(sql, from, 'share')) >= epoch;
        const released = isClosed ? [] : await upsertReleases(sql, from, epoch, jobs, nowMs);
        const ids = jobs.map(({ jobId }) => jobId);
        const taken = await sql<{ jobId: JobId }[]>`
          select job_id as "jobId" from queue_copies
          where from_region = ${from} and state = 'taken' and job_id = any(${ids})`;
        return { released, taken: taken.map(({ jobId }) => jobId) };
      }),
    take: (from, { epoch, of, takes }, nowMs) =>
      inside(async (sql) => {
        if ((await doneEpochOf(sql, from, 'update')) >= epoch) return 0;
        const count = await takeSome(sql, from, of, takes, log);
        if (count === 0)
          await sql`
            update guarded_regions set done_epoch = greatest(done_epoch, ${epoch}), done_ms = ${nowMs}
            where from_region = ${from}`;
        return count;
      }),
    async doneEpoch(from) {
      const [row] = await reach(sql<{ epoch: number }[]>`
        select done_epoch::float8 as epoch from guarded_regions where from_region = ${from}`);
      return row?.epoch ?? 0;
    },
    async taken(from, epoch, after, countMax) {
      const rows = await reach(sql<{ jobId: JobId }[]>`
        select job_id as "jobId" from queue_copies
        where from_region = ${from} and state = 'taken' and epoch >= ${epoch} and job_id > ${after}
        order by job_id limit ${countMax}`);
      return rows.map(({ jobId }) => jobId);
    },
    async prune(nowMs) {
      const { tombstonesMs, takenKeptMs } = limits.federation;
      await reach(sql`
        delete from queue_copies c where state <> 'taken' and at_ms < ${nowMs - tombstonesMs}
          and (spec is null
            or epoch < (select told_epoch from guarded_regions g where g.from_region = c.from_region))`);
      await reach(sql`delete from queue_copies where state = 'taken' and at_ms < ${nowMs - takenKeptMs}`);
    },
  };
}

/** Before the region's row is held: who holds it for share waits for no other that does. */
async function hear(sql: Sql, from: RegionId, epoch: number): Promise<void> {
  await sql`
    insert into guarded_regions (from_region, done_epoch, done_ms) values (${from}, 0, 0) on conflict do nothing`;
  await sql`
    update guarded_regions set heard_epoch = ${epoch},
      since_epoch = case when heard_epoch + 1 = ${epoch} then since_epoch else ${epoch} end
    where from_region = ${from} and heard_epoch < ${epoch}`;
}

/** Holds the region's row until the transaction ends. */
async function doneEpochOf(sql: Sql, from: RegionId, lock: 'share' | 'update'): Promise<number> {
  await sql`
    insert into guarded_regions (from_region, done_epoch, done_ms) values (${from}, 0, 0) on conflict do nothing`;
  const rows =
    lock === 'share'
      ? await sql<{ epoch: number }[]>`
          select done_epoch::float8 as epoch from guarded_regions where from_region = ${from} for share`
      : await sql<{ epoch: number }[]>`
          select done_epoch::float8 as epoch from guarded_regions where from_region = ${from} for update`;
  return rows[0]?.epoch ?? 0;
}

/**
 * Content of a job never changes, so that it is kept whatever else has come since, but of one that is over. Answers those
 * that lack it.
 */
async function upsertCopies(
  sql: Sql,
  from: RegionId,
  epoch: number,
  jobs: readonly CopyOfJob[],
  nowMs: number,
): Promise<JobId[]> {
  const json = (of: (content: NonNullable<CopyOfJob['content']>) => unknown) =>
    jobs.map(({ content }) => (content ? JSON.stringify(of(content)) : null));
  const isNewer = sql`(excluded.epoch, excluded.turn) > (c.epoch, c.turn)`;
  await sql`
    insert into queue_copies as c (from_region, job_id, epoch, turn, state, spec, request, at_ms)
    select ${from}, job_id, ${epoch}, turn, case when is_known then 'released' else state end,
      case when not is_known then spec end, case when not is_known then request end, ${nowMs}
    from (
      select *, exists (select from submissions s where s.job_id = t.job_id) as is_known
      from unnest(${jobs.map(({ jobId }) => jobId)}::text[], ${jobs.map(({ turn }) => turn)}::int[],
        ${jobs.map(({ state }) => state)}::text[], ${json(({ spec }) => spec)}::text[]::jsonb[],
        ${json(({ request }) => request)}::text[]::jsonb[]) as t(job_id, turn, state, spec, request)
    ) as told
    on conflict (from_region, job_id) do update set at_ms = excluded.at_ms,
      epoch = case when ${isNewer} then excluded.epoch else c.epoch end,
      turn = case when ${isNewer} then excluded.turn else c.turn end,
      state = case when ${isNewer} then excluded.state else c.state end,
      spec = coalesce(excluded.spec, c.spec), request = coalesce(excluded.request, c.request)
    where c.state <> 'taken' and (${isNewer}
      or (c.spec is null and excluded.spec is not null and c.turn < ${overTurn}))`;
  const rows = await sql<{ jobId: JobId }[]>`
    select job_id as "jobId" from queue_copies c
    where from_region = ${from} and job_id = any(${jobs.map(({ jobId }) => jobId)})
      and spec is null and state <> 'taken' and turn < ${overTurn}
      and not exists (select from submissions s where s.job_id = c.job_id)`;
  return rows.map(({ jobId }) => jobId);
}

async function upsertReleases(
  sql: Sql,
  from: RegionId,
  epoch: number,
  jobs: readonly Letting[],
  nowMs: number,
): Promise<JobId[]> {
  const ids = jobs.map(({ jobId }) => jobId);
  const released = await sql<{ jobId: JobId }[]>`
    insert into queue_copies as c (from_region, job_id, epoch, turn, state, at_ms)
    select ${from}, job_id, ${epoch}, turn, 'released', ${nowMs}
    from unnest(${ids}::text[], ${jobs.map(({ turn }) => turn)}::int[]) as t(job_id, turn)
    on conflict (from_region, job_id) do update set epoch = excluded.epoch, turn = excluded.turn,
      state = excluded.state, at_ms = excluded.at_ms
    where c.state <> 'taken' and (excluded.epoch, excluded.turn) >= (c.epoch, c.turn)
    returning job_id as "jobId"`;
  const over = jobs.filter(({ isOver }) => isOver).map(({ jobId }) => jobId);
  if (over.length > 0)
    await sql`
      update queue_copies set spec = null, request = null
      where from_region = ${from} and job_id = any(${over}) and state = 'released'`;
  return released.map(({ jobId }) => jobId);
}

async function reach<Rows>(rows: PromiseLike<Rows>): Promise<Rows> {
  try {
    return await rows;
  } catch (error) {
    throw asStoreOutage(error, 'keeping copies of another region’s queue') ?? error;
  }
}
