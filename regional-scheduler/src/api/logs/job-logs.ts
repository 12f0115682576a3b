/**
 * The last lines of attempts. While one runs they come with each report of its host, too often for a table: they are
 * kept in this process's memory and, where there is one, in Redis for the other instances, and may be lost. At the
 * attempt's end they are written once, for good.
 */
import type { AttemptId, JobId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Database } from '../../db/database.ts';

export interface Tail {
  tail: string;
  /** 0–1 as the program told it; null: it told nothing. */
  progress: number | null;
  atMs: number;
}

export interface NotedTail extends Tail {
  jobId: JobId;
  attemptId: AttemptId;
}

export interface JobLogs {
  /** While it runs; must not throw, may be lost. */
  note(noted: NotedTail): void;
  /** At its end: durable when it resolves. The first one stays. */
  keep(noted: NotedTail): Promise<void>;
  read(jobId: JobId, attemptIds: readonly AttemptId[]): Promise<Map<AttemptId, Tail>>;
  /** Of attempts that run, as they were heard of last. */
  live(attemptIds: readonly AttemptId[]): Promise<Map<AttemptId, Tail>>;
}

/** Fan-out to other instances; every call may be lost. */
export interface TailCache {
  put(attemptId: AttemptId, tail: Tail): void;
  get(attemptIds: readonly AttemptId[]): Promise<Map<AttemptId, Tail>>;
}

export function createJobLogs(database: Database, cache: TailCache | null): JobLogs {
  const sql = database.$client;
  /** In order of their last note: the first was heard of longest ago. */
  const noted = new Map<AttemptId, Tail>();
  const live: JobLogs['live'] = async (attemptIds) => {
    const missing = attemptIds.filter((id) => !noted.has(id));
    const cached = missing.length > 0 && cache ? await cache.get(missing) : new Map<AttemptId, Tail>();
    return new Map(
      attemptIds.flatMap((id) => {
        const tail = noted.get(id) ?? cached.get(id);
        return tail ? [[id, tail]] : [];
      }),
    );
  };
  return {
    live,
    note({ attemptId, tail, progress, atMs }) {
      const known = noted.get(attemptId);
      if (known?.tail === tail && known.progress === progress) return;
      noted.delete(attemptId);
      noted.set(attemptId, { tail, progress, atMs });
      const oldest = noted.keys().next();
      if (noted.size > limits.jobs.logsNotedMax && !oldest.done) noted.delete(oldest.value);
      cache?.put(attemptId, { tail, progress, atMs });
    },
    async keep({ jobId, attemptId, tail, atMs }) {
      const bounded = tail.replaceAll('\0', '').slice(-limits.jobs.logTailCharsMax);
      await sql`
        insert into attempt_logs (job_id, attempt_id, tail, at_ms) values (${jobId}, ${attemptId}, ${bounded}, ${atMs})
        on conflict do nothing`;
      noted.delete(attemptId);
    },
    async read(jobId, attemptIds) {
      const rows = await sql<{ attemptId: AttemptId; tail: string; atMs: number }[]>`
        select attempt_id as "attemptId", tail, at_ms::float8 as "atMs" from attempt_logs where job_id = ${jobId}`;
      const kept = rows.map(({ attemptId, ...tail }) => [attemptId, { ...tail, progress: null }] as const);
      const running = await live(attemptIds.filter((id) => !kept.some(([known]) => known === id)));
      return new Map([...kept, ...running]);
    },
  };
}
