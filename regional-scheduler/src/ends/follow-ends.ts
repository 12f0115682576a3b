/**
 * Reads the log behind the leader and settles each job's end once: any instance may, the cursor says which of them
 * has. One that dies in between leaves the cursor where it was.
 *
 *     cursor ─▶ events after it ─▶ ends among them ─▶ their whole story ─▶ settlement and new cursor in one commit
 */
import type { Timer } from '@cellbook/shared/clock.ts';
import type { JobId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { SubmissionStore } from '../admission/submission-store.ts';
import type { JobLogs } from '../api/logs/job-logs.ts';
import { type EventLog, isLast, jobOf } from '../log/event-log.ts';
import type { ListedObjects } from '../objects/remove-under.ts';
import { foldJob, newJob } from '../records/fold-job.ts';
import { keepLastWords } from './keep-last-words.ts';
import { removeObjects } from './remove-objects.ts';
import { type SettleDeps, settleEnded } from './settle-ended.ts';
import type { Ended } from './settlement-of.ts';

export interface FollowEndsDeps extends SettleDeps {
  log: Pick<EventLog, 'read' | 'eventsOf'>;
  store: Pick<SubmissionStore, 'settle' | 'cursor' | 'find' | 'findBrief'>;
  /** Something to deliver or to take in was stored. */
  settled(): void;
  /** Of what ended jobs have brought, their results alone are of use. */
  objects: ListedObjects;
  logs: Pick<JobLogs, 'live' | 'keep'>;
}

export interface FollowEnds {
  /** Settles what there is; how many events were read. */
  catchUp(): Promise<number>;
  /** There may be something. */
  hint(): void;
  start(): void;
  stop(): Promise<void>;
}

export function followEnds(deps: FollowEndsDeps): FollowEnds {
  const { clock, logger } = deps;
  let timer: Timer | null = null;
  let flight: Promise<void> | null = null;
  let isStopped = false;
  let isDirty = false;
  const catchUp = async () => {
    let read = 0;
    for (;;) {
      const count = await settlePage(deps);
      read += count;
      if (count < limits.jobs.endsPageEvents || isStopped) return read;
    }
  };
  const run = async () => {
    while (isDirty && !isStopped) {
      isDirty = false;
      await catchUp().catch((error: unknown) =>
        logger.warn({ err: error }, 'ends of jobs are settled later'),
      );
    }
    flight = null;
  };
  const hint = () => {
    isDirty = true;
    if (!isStopped) flight ??= run();
  };
  const look = () => {
    hint();
    timer = clock.setTimer(limits.jobs.endsLookMs, look);
  };
  return {
    catchUp,
    hint,
    start: look,
    async stop() {
      isStopped = true;
      timer?.cancel();
      await flight;
    },
  };
}

async function settlePage(deps: FollowEndsDeps): Promise<number> {
  const { log, store } = deps;
  const fromSeq = await store.cursor();
  const page = await log.read(fromSeq, limits.jobs.endsPageEvents);
  const last = page.at(-1);
  if (!last) return 0;
  const jobIds = page.flatMap(({ event }) => (isLast(event) ? (jobOf(event) ?? []) : []));
  // Nothing of it ended: the cursor moves when something does, or now and then, so that reading goes on from there.
  if (jobIds.length === 0 && page.length < limits.jobs.endsPageEvents) return 0;
  const ended = await endedOf(deps, [...new Set(jobIds)]);
  await settleEnded(deps, ended, { fromSeq, toSeq: last.seq });
  deps.settled();
  await keepLastWords(deps, ended);
  await removeObjects(deps, ended);
  return page.length;
}

async function endedOf({ store, log }: FollowEndsDeps, jobIds: readonly JobId[]): Promise<Ended[]> {
  if (jobIds.length === 0) return [];
  const [records, events] = await Promise.all([store.findBrief(jobIds), log.eventsOf(jobIds)]);
  const repeats = records.flatMap(({ jobId, request }) => (request.repeats === null ? [] : [jobId]));
  const repeated = new Map((await store.find(repeats)).map((record) => [record.jobId, record]));
  return records.map((record) => {
    const view = newJob(null);
    for (const { event } of events) if (jobOf(event) === record.jobId) foldJob(view, event);
    return { record, view, repeated: repeated.get(record.jobId) ?? null };
  });
}
