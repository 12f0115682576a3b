/**
 * Asks the edge, at an interval, whose rights have ended; this is what bounds how long a socket outlives its right,
 * for what the edge tells at once may be lost. An edge that cannot be asked is said once, and asked again.
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Told } from '@cellbook/shared/protocol/standing-api.ts';
import type { Standing } from './standing.ts';

/** Every fact numbered above `after`, or the first of them. Throws where the edge does not answer in time. */
export type AskStanding = (after: number) => Promise<Told>;

export interface FollowedStanding {
  /** There is more to ask for than what came by itself. */
  askNow(): void;
  close(): void;
}

export function followStanding(deps: {
  clock: Clock;
  log: Logger;
  standing: Pick<Standing, 'learn' | 'upTo' | 'sweep'>;
  /** Null: this cell has no way to its edge, and hears only what it is told. */
  ask: AskStanding | null;
}): FollowedStanding {
  const { clock, log, standing, ask } = deps;
  let timer: Timer | null = null;
  let asking: Promise<void> | null = null;
  let isDown = false;
  let isClosed = false;

  async function askAll(): Promise<void> {
    if (ask === null) return;
    try {
      let before = -1;
      // Whoever promises more and tells nothing is asked at the next round.
      for (let isMore = true; isMore && !isClosed && standing.upTo() > before; ) {
        before = standing.upTo();
        isMore = standing.learn(await ask(before), before).more;
      }
      if (isDown) log.info('the edge says again whose rights have ended');
      isDown = false;
    } catch (error) {
      if (!isDown) log.warn({ err: error }, 'the edge does not say whose rights have ended; asked again');
      isDown = true;
    }
  }

  function askNow(): Promise<void> {
    asking ??= askAll().finally(() => {
      asking = null;
    });
    return asking;
  }

  async function round(): Promise<void> {
    standing.sweep();
    await askNow();
    if (!isClosed) timer = clock.setTimer(limits.standing.askEveryMs, () => void round());
  }

  void round();
  return {
    askNow: () => void askNow(),
    close() {
      isClosed = true;
      timer?.cancel();
    },
  };
}
