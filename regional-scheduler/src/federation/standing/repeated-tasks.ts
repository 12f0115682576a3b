import type { JobId, OrgId, UserId } from '@cellbook/shared/ids.ts';
import type { Database } from '../../db/database.ts';

export interface RepeatedTasks {
  /** Runs of repeated tasks that have not ended, of a user, an organisation, or a user in one (`memberSubject`). */
  of(subject: string): Promise<{ jobId: JobId; userId: UserId; orgId: OrgId }[]>;
}

export function createPostgresRepeatedTasks({ $client: sql }: Database): RepeatedTasks {
  return {
    of(subject) {
      const [first = '', second] = subject.split(' ');
      // In this form the index of repeated tasks serves it.
      return sql<{ jobId: JobId; userId: UserId; orgId: OrgId }[]>`
        select s.job_id as "jobId", s.user_id as "userId", s.org_id as "orgId" from submissions s
        where jsonb_typeof(s.request -> 'repeats') = 'object'
          and ((s.user_id = ${first} and s.org_id = coalesce(${second ?? null}, s.org_id)) or s.org_id = ${first})
          and not exists (select from job_ends e where e.job_id = s.job_id)
        limit 1000`;
    },
  };
}
