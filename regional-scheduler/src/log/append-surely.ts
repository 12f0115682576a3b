/**
 * Appends a batch whose answer may be lost. A database that goes away in the middle of a commit has written the batch
 * or has not, and does not say which; to append the batch again under other numbers would double it, to forget it could
 * lose what was written. So it is asked for again under the same numbers until the log takes it, or says that they are
 * taken: by this very leader, whose batch it then was, for nobody else writes with its epoch.
 */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Batch, EventLog } from './event-log.ts';

/** Throws what the log refuses, or the signal's reason; then it is open whether the batch was written. */
export async function appendSurely(
  log: EventLog,
  batch: Batch,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  for (let isFirst = true; ; isFirst = false) {
    signal.throwIfAborted();
    try {
      // A connection that is dead without a word says nothing for many minutes: the term must not wait for it.
      const ask = () => appendOrFind(log, batch, isFirst);
      return await withDeadline(clock, limits.scheduler.statementMs, appending, ask, signal);
    } catch (error) {
      if (!hasCode(error, 'store_unavailable')) throw error;
    }
    await sleep(clock, limits.scheduler.appendRetryMs, signal);
  }
}

const appending = { code: 'store_unavailable', doing: 'appending to the log' } as const;

async function appendOrFind(log: EventLog, batch: Batch, isFirst: boolean): Promise<void> {
  try {
    await log.append(batch);
  } catch (error) {
    if (isFirst || !hasCode(error, 'conflict') || !(await isWritten(log, batch))) throw error;
  }
}

async function isWritten(log: EventLog, { epoch, firstSeq, entries }: Batch): Promise<boolean> {
  const [last] = await log.read(firstSeq + entries.length - 2, 1);
  return last !== undefined && last.seq === firstSeq + entries.length - 1 && last.epoch === epoch;
}

const hasCode = (error: unknown, code: CellbookError['code']): boolean =>
  error instanceof CellbookError && error.code === code;
