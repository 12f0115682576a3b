/**
 * Other jobs that have one's result as their own (`same_as`) are known to its region alone: one that others have joined
 * is not handed over, and none joins one that is. Before an offer is sent the organisation is locked, under which jobs
 * are joined; where none has been, the job's fingerprint is taken away, by which it would be found, for good.
 *
 *     joined, then looked at ─▶ the offer is withdrawn      looked at, then asked for again ─▶ that one runs by itself
 */
import type { JobId, OrgId } from '@cellbook/shared/ids.ts';
import { lockOrganisations } from '../admission/postgres/read-known.ts';
import type { Database } from '../db/database.ts';

export interface Joins {
  /** Of these, the ones that others have joined. */
  joined(jobIds: readonly JobId[]): Promise<ReadonlySet<JobId>>;
  /** False where one has joined it; true, and none ever will. */
  close(job: { jobId: JobId; orgId: OrgId }): Promise<boolean>;
}

export function createPostgresJoins({ $client: sql }: Database): Joins {
  return {
    async joined(jobIds) {
      if (jobIds.length === 0) return new Set();
      const rows = await sql<{ jobId: JobId }[]>`
        select distinct same_as as "jobId" from submissions where same_as = any(${[...jobIds]})`;
      return new Set(rows.map(({ jobId }) => jobId));
    },
    async close({ jobId, orgId }) {
      // What postgres.js hands to a transaction is a client of one connection.
      return sql.begin(async (inside) => {
        await lockOrganisations(inside, [orgId]);
        const [row] = await inside`select 1 from submissions where same_as = ${jobId} limit 1`;
        if (row) return false;
        await inside`
          update submissions set fingerprint = null where job_id = ${jobId} and fingerprint is not null`;
        return true;
      });
    },
  };
}
