import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';

/** The promise's result, or `store_unavailable` after `ms`: for bindings that take no AbortSignal. */
export function withDeadline<Value>(clock: Clock, ms: number, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(ms, () =>
      reject(
        new CellbookError('store_unavailable', {
          doing: 'waiting for a store of the edge',
          problem: `it did not answer within ${ms} ms`,
          next: 'Try again in a few seconds.',
          retryAfterMs: ms,
        }),
      ),
    );
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}
