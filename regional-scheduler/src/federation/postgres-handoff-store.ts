import type { JobId } from '@cellbook/shared/ids.ts';
import { asStoreOutage } from '@cellbook/shared/store-outage.ts';
import { lockOrganisations, type Sql } from '../admission/postgres/read-known.ts';
import { insertSubmissions } from '../admission/postgres/write-submissions.ts';
import type { HandoffAnswer } from '../core/federation/handoff.ts';
import type { Database } from '../db/database.ts';
import type { HandoffKey, HandoffStore } from './handoff-store.ts';

export function createPostgresHandoffStore({ $client: sql }: Database): HandoffStore {
  return {
    find: (key) => reach(find(sql, key)),
    async settle(key, first, nowMs, job) {
      if (!job) return reach(firstWord(sql, key, first, nowMs));
      const handoff = `${key.from}/${key.handoff}`;
      const { answer } = await reach(
        sql.begin(async (sql) => {
          await lockOrganisations(sql, [job.spec.orgId]);
          const answer = await firstWord(sql, key, first, nowMs);
          // With the first word alone: what was taken before may have ended since, and been removed.
          if (answer === first && first.taken)
            await insertSubmissions(sql, [{ candidate: job, sameAs: null, handoff }]);
          return { answer };
        }),
      );
      return answer;
    },
    async took(jobIds) {
      const rows = await reach(sql<{ job_id: JobId }[]>`
        select distinct job_id from handoffs where taken and job_id in ${sql([...jobIds])}`);
      return new Set(rows.map((row) => row.job_id));
    },
    async prune(beforeMs) {
      await reach(sql`delete from handoffs where at_ms < ${beforeMs} and not taken`);
    },
  };
}

async function find(sql: Sql, { jobId, from, handoff }: HandoffKey): Promise<HandoffAnswer | null> {
  const [row] = await sql<HandoffAnswer[]>`
    select taken, because from handoffs
    where job_id = ${jobId} and from_region = ${from} and handoff = ${handoff}`;
  return row ? { taken: row.taken, because: row.because } : null;
}

/** Waits for whoever is giving it at the same time, and then finds theirs. */
async function firstWord(
  sql: Sql,
  key: HandoffKey,
  first: HandoffAnswer,
  nowMs: number,
): Promise<HandoffAnswer> {
  const { jobId, from, handoff } = key;
  const [row] = await sql<HandoffAnswer[]>`
    insert into handoffs (job_id, from_region, handoff, taken, because, at_ms)
    values (${jobId}, ${from}, ${handoff}, ${first.taken}, ${first.because}, ${nowMs})
    on conflict do nothing returning taken, because`;
  if (row) return first;
  // Rows go away only long after anybody asks for them.
  return (await find(sql, key)) ?? { taken: false, because: 'it is no longer on record' };
}

async function reach<Rows>(rows: PromiseLike<Rows>): Promise<Rows> {
  try {
    return await rows;
  } catch (error) {
    throw asStoreOutage(error, 'keeping what was answered to another region') ?? error;
  }
}
