/**
 * Removes results whose time is over: the bytes first, then what says that they are there. One that cannot be removed
 * is left for the next time and keeps none of the others.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { JobId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { agentObjectKeySchema } from '@cellbook/shared/protocol/agent-objects-api.ts';
import type { Database } from '../db/database.ts';
import type { ObjectStore } from '../objects/object-store.ts';

export interface ExpireDeps {
  database: Database;
  objects: Pick<ObjectStore, 'remove'>;
  clock: Clock;
  log: Logger;
  /** No further page is begun. */
  isStopped?(): boolean;
}

interface Due {
  jobId: JobId;
  key: string | null;
  untilMs: number;
}

/** How many went. */
export async function expireResults(deps: ExpireDeps): Promise<number> {
  const nowMs = deps.clock.nowMs();
  let gone = 0;
  let last: Pick<Due, 'jobId' | 'untilMs'> | undefined;
  while (!deps.isStopped?.()) {
    const page = await dueAfter(deps.database, last, nowMs);
    const removed = await removeEach(deps, page);
    await deps.database.$client`
      update job_ends set result_key = null, result_until_ms = null where job_id = any(${removed}::text[])`;
    gone += removed.length;
    last = page.at(-1);
    // Nothing of a whole page: the store is away, and not asked about every one there is.
    if (page.length < limits.jobs.expireRowsMax || removed.length === 0) break;
  }
  return gone;
}

const dueAfter = async (
  { $client: sql }: Database,
  last: Pick<Due, 'jobId' | 'untilMs'> | undefined,
  nowMs: number,
): Promise<Due[]> => sql<Due[]>`
  select job_id as "jobId", result_key as key, result_until_ms::float8 as "untilMs" from job_ends
  where result_until_ms <= ${nowMs} and (result_until_ms, job_id) > (${last?.untilMs ?? 0}, ${last?.jobId ?? ''})
  order by result_until_ms, job_id limit ${limits.jobs.expireRowsMax}`;

async function removeEach({ objects, log }: ExpireDeps, page: readonly Due[]): Promise<JobId[]> {
  const removed: JobId[] = [];
  const left = [...page];
  const worker = async () => {
    for (let next = left.pop(); next; next = left.pop()) {
      const { key, jobId } = next;
      try {
        // Nothing is kept under what is no key.
        if (agentObjectKeySchema.safeParse(key).success) await objects.remove(key ?? '');
        removed.push(jobId);
      } catch (error) {
        log.warn({ err: error, jobId, key }, 'a result is removed later');
      }
    }
  };
  await Promise.all(Array.from({ length: limits.jobs.expireAtOnce }, worker));
  return removed;
}
