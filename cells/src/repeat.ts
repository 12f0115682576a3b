import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import type { Logger } from '@cellbook/shared/log.ts';

/** Does it every so often, one after the other, until cancelled; a failure is logged and it goes on. */
export function repeatEvery(
  clock: Clock,
  intervalMs: number,
  work: () => Promise<unknown>,
  log: Logger,
): Timer {
  let cancelled = false;
  let timer: Timer = next();
  function next(): Timer {
    return clock.setTimer(intervalMs, () => {
      work()
        .catch((error: unknown) => log.warn({ err: error }, 'a periodic task failed; it comes again'))
        .finally(() => {
          if (!cancelled) timer = next();
        });
    });
  }
  return {
    cancel() {
      cancelled = true;
      timer.cancel();
    },
  };
}
