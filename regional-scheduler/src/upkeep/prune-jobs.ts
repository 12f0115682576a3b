/**
 * Forgets jobs that ended longer ago than their tier's are remembered: first what may still lie in the object store, then
 * every row that tells of them, in one commit. A job whose result can still be fetched, or is another's that is still
 * remembered, stays. An idempotency key is forgotten with its job.
 */
import type { JobId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { type Tier, tierSchema } from '@cellbook/shared/protocol/principal.ts';
import type { Database } from '../db/database.ts';
import { removeObjects } from '../ends/remove-objects.ts';
import type { ListedObjects } from '../objects/remove-under.ts';
import type { FoldedJob } from '../records/fold-job.ts';

export interface PruneDeps {
  database: Database;
  objects: ListedObjects;
  logger: Logger;
  nowMs: number;
  /** No further batch is begun. */
  isOver?(): boolean;
}

interface Due {
  jobId: JobId;
  checkpoints: boolean;
  /** Null: it has another's result. */
  view: FoldedJob | null;
}

/** How many went; of more, the rest next time. */
export async function pruneJobs(deps: PruneDeps): Promise<number> {
  let gone = 0;
  for (const tier of tierSchema.options)
    for (let batch = 0; batch < limits.jobs.pruneBatchesMax && !deps.isOver?.(); batch++) {
      const due = await dueOf(deps, tier);
      const jobs = due.flatMap(({ jobId, checkpoints, view }) =>
        view === null ? [] : [{ record: { jobId, spec: { checkpoints } }, view }],
      );
      const left = await removeObjects(deps, jobs);
      const jobIds = due.map(({ jobId }) => jobId).filter((jobId) => !left.has(jobId));
      await forget(deps, jobIds);
      gone += jobIds.length;
      if (due.length < limits.jobs.pruneRowsMax || left.size > 0) break;
    }
  return gone;
}

function dueOf({ database: { $client: sql }, nowMs }: PruneDeps, tier: Tier): Promise<Due[]> {
  const beforeMs = nowMs - limits.jobs.jobDaysByTier[tier] * 86_400_000;
  return sql<Due[]>`
    select s.job_id as "jobId", coalesce((s.spec ->> 'checkpoints')::boolean, false) as checkpoints, own.view
    from submissions s
      left join job_ends own on own.job_id = s.job_id
      left join job_ends other on other.job_id = s.same_as
    where s.tier = ${tier} and s.submitted_ms < ${beforeMs}
      and coalesce(own.ended_ms, other.ended_ms) < ${beforeMs} and own.result_key is null
      and not exists (select 1 from submissions joined where joined.same_as = s.job_id)
    order by s.submitted_ms limit ${limits.jobs.pruneRowsMax}`;
}

async function forget({ database }: PruneDeps, jobIds: readonly JobId[]): Promise<void> {
  if (jobIds.length === 0) return;
  await database.$client.begin(async (sql) => {
    for (const table of tables) await sql`delete from ${sql(table)} where job_id = any(${[...jobIds]})`;
  });
}

const tables = ['attempt_logs', 'cancel_requests', 'outcomes', 'job_ends', 'submissions'] as const;
