/**
 * Teaches an instance's predictor what the log says: at the start the last events there are, then what is committed,
 * looked up a second later and at most so many at once. Whatever is missed is missed: the next ends teach the same.
 * What there was before it started was counted when it was new: a restart is no news. What comes until that is learned
 * waits for it.
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import type { JobId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import { type EventLog, jobOf, type StoredEntry } from '../log/event-log.ts';
import type { Region } from '../region.ts';
import { predictionMetrics } from './prediction-metrics.ts';
import type { Predictor } from './predictor.ts';
import { runsOf } from './runs-of.ts';

export interface LearnFromLogDeps {
  region: Pick<Region, 'follow'>;
  log: Pick<EventLog, 'lastSeq' | 'read' | 'eventsOf'>;
  predictor: Predictor;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
}

/** Attempts by job. */
type Ended = Map<JobId, Set<string>>;

export function learnFromLog(deps: LearnFromLogDeps): { start(): void; close(): Promise<void> } {
  const { region, log, clock, logger } = deps;
  const counted = predictionMetrics(deps.metrics, deps.predictor);
  let pending: Ended = new Map();
  let timer: Timer | null = null;
  let underWay: Promise<void> = Promise.resolve();
  let unfollow = () => {};
  let isClosed = false;

  function note(entries: readonly StoredEntry[]): void {
    noteIn(pending, entries);
    if (pending.size > 0 && !timer && !isClosed) timer = clock.setTimer(limits.scheduler.learnEveryMs, learn);
  }

  function learn(): void {
    timer = null;
    underWay = underWay
      .then(() => {
        const ended = pending;
        pending = new Map();
        return teach(ended, { isNew: true });
      })
      .catch((error: unknown) => logger.warn({ err: error }, 'some ends of jobs were not learned from'));
  }

  async function teach(jobs: Ended, { isNew }: { isNew: boolean }): Promise<void> {
    if (jobs.size === 0 || isClosed) return;
    const byJob = Map.groupBy(await log.eventsOf([...jobs.keys()]), ({ event }) => jobOf(event));
    const runs = [...jobs].flatMap(([jobId, ended]) =>
      runsOf(
        (byJob.get(jobId) ?? []).map((entry) => entry.event),
        ended,
      ),
    );
    for (const run of runs.sort((a, b) => a.atMs - b.atMs)) {
      if (isNew) counted.judged(run);
      for (const news of deps.predictor.ended(run)) {
        if (!isNew) continue;
        counted.news(news.type);
        logger.info(news, `the prediction of runtimes: ${news.type}`);
      }
    }
  }

  async function warmUp(): Promise<void> {
    const last = await log.lastSeq();
    const { learnPageEvents: page, learnPages } = limits.scheduler;
    for (let after = Math.max(0, last - learnPages * page); after < last && !isClosed; after += page) {
      const former: Ended = new Map();
      noteIn(former, await log.read(after, Math.min(page, last - after)));
      await teach(former, { isNew: false });
    }
  }

  return {
    start() {
      unfollow = region.follow(note);
      underWay = warmUp().catch((error: unknown) =>
        logger.warn({ err: error }, 'predictions begin from nothing'),
      );
    },
    async close() {
      isClosed = true;
      unfollow();
      timer?.cancel();
      await underWay;
    },
  };
}

function noteIn(ended: Ended, entries: readonly StoredEntry[]): void {
  for (const { event } of entries) {
    if (event.type !== 'attempt_ended') continue;
    const known = ended.get(event.jobId);
    if (known) known.add(event.attemptId);
    else if (ended.size < limits.scheduler.learnJobsMax) ended.set(event.jobId, new Set([event.attemptId]));
  }
}
