import type { Clock } from './clock.ts';
import { CellbookError, type ErrorCode } from './errors.ts';

export interface DeadlineDetails {
  code: ErrorCode;
  doing: string;
  next?: string;
  ids?: Record<string, string>;
}

/**
 * Runs `work` with a signal that aborts after `deadlineMs` or when `parent` does. When the deadline passes
 * the result is a typed error even if the work ignores its signal.
 */
export async function withDeadline<T>(
  clock: Clock,
  deadlineMs: number,
  details: DeadlineDetails,
  work: (signal: AbortSignal) => Promise<T>,
  parent?: AbortSignal,
): Promise<T> {
  const controller = new AbortController();
  const signal = parent ? AbortSignal.any([parent, controller.signal]) : controller.signal;
  let timer = { cancel() {} };
  let parentAborts = () => {};
  const expiry = new Promise<never>((_, reject) => {
    timer = clock.setTimer(deadlineMs, () => {
      const error = new CellbookError(details.code, {
        ...details,
        problem: `it took longer than ${deadlineMs} ms`,
      });
      controller.abort(error);
      reject(error);
    });
    parentAborts = () => reject(parent?.reason);
    parent?.addEventListener('abort', parentAborts, { once: true });
  });
  expiry.catch(() => {});
  try {
    parent?.throwIfAborted();
    return await Promise.race([work(signal), expiry]);
  } finally {
    timer.cancel();
    // A parent may live for as long as a lease, and see thousands of calls.
    parent?.removeEventListener('abort', parentAborts);
  }
}
