/**
 * Notices a host that has fallen silent while sandboxes run there: a cable that was pulled or a process that
 * was stopped closes no connection, and what is not sent is not missed. It is asked every second for as long
 * as somebody is connected; `silent` is called when it has not answered three times in a row, 12 s
 * after its last answer at the latest.
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';

export interface HostWatchDeps {
  clock: Clock;
  isNeeded(): boolean;
  /** Rejects when it does not answer. */
  ask(deadlineMs: number): Promise<unknown>;
  silent(): void;
}

export function watchHost({ clock, isNeeded, ask, silent }: HostWatchDeps): Timer {
  const { watchEveryMs, watchDeadlineMs, silencesMax } = limits.host;
  let silences = 0;
  let isOver = false;
  let timer = next();

  function next(): Timer {
    return clock.setTimer(watchEveryMs, () => {
      void look().finally(() => {
        if (!isOver) timer = next();
      });
    });
  }

  async function look(): Promise<void> {
    if (!isNeeded()) {
      silences = 0;
      return;
    }
    const answered = await ask(watchDeadlineMs).then(
      () => true,
      () => false,
    );
    silences = answered ? 0 : silences + 1;
    if (silences >= silencesMax && !isOver) silent();
  }

  return {
    cancel() {
      isOver = true;
      timer.cancel();
    },
  };
}
