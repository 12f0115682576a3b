/** A log whose appends are measured: each commit, by what came of it. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { EventLog } from '../log/event-log.ts';

export function measuredLog(log: EventLog, clock: Clock, metrics: Metrics): EventLog {
  const appends = metrics.histogram(
    'cellbook_scheduler_append_seconds',
    'Commits of the log, by what came of them: ok, or the code of the error.',
    ['outcome'],
  );
  return {
    lastSeq: () => log.lastSeq(),
    read: (afterSeq, countMax) => log.read(afterSeq, countMax),
    eventsOf: (jobIds, afterSeq) => log.eventsOf(jobIds, afterSeq),
    async append(batch) {
      const beganMs = clock.monotonicMs();
      let outcome = 'ok';
      try {
        await log.append(batch);
      } catch (error) {
        outcome = error instanceof CellbookError ? error.code : 'internal';
        throw error;
      } finally {
        appends.observe({ outcome }, (clock.monotonicMs() - beganMs) / 1000);
      }
    },
  };
}
