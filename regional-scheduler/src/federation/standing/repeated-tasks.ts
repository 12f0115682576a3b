import type { JobId, OrgId, UserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Database } from '../../db/database.ts';

export interface RepeatedTask {
  jobId: JobId;
  userId: UserId;
  orgId: OrgId;
}

export interface RepeatedTasks {
  /** All runs of repeated tasks that have not ended, of a user, an organisation, or a user in one (`memberSubject`). */
  of(subject: string): AsyncIterable<RepeatedTask>;
}

export function createPostgresRepeatedTasks(
  { $client: sql }: Database,
  pageRows: number = limits.standing.tasksPerPage,
): RepeatedTasks {
  // In this form the indexes of repeated tasks serve it.
  const pageOf = (subject: string, after: string) => {
    const [first = '', second] = subject.split(' ');
    return sql<RepeatedTask[]>`
      select s.job_id as "jobId", s.user_id as "userId", s.org_id as "orgId" from submissions s
      where jsonb_typeof(s.request -> 'repeats') = 'object'
        and ((s.user_id = ${first} and s.org_id = coalesce(${second ?? null}, s.org_id)) or s.org_id = ${first})
        and s.job_id > ${after}
        and not exists (select from job_ends e where e.job_id = s.job_id)
      order by s.job_id limit ${pageRows}`;
  };
  return {
    async *of(subject) {
      let after = '';
      for (;;) {
        const page = await pageOf(subject, after);
        yield* page;
        const last = page.at(-1);
        if (!last || page.length < pageRows) return;
        after = last.jobId;
      }
    },
  };
}
