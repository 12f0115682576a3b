/**
 * When departures are looked at: at the start, at an interval, when the edge says that a membership has changed, and
 * once more when the last claims of before that are not believed any more: until then an edge may still let him in.
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Fact } from '@cellbook/shared/protocol/standing-api.ts';
import { Latest } from '../latest.ts';
import { repeatEvery } from '../repeat.ts';
import type { Departures } from './departures.ts';

export interface FollowedDepartures {
  /** What the edge has just told of changed rights. */
  heard(facts: readonly Fact[]): void;
  close(): Promise<void>;
}

export function followDepartures(deps: {
  departures: Pick<Departures, 'round'>;
  clock: Clock;
  log: Logger;
}): FollowedDepartures {
  const { departures, clock, log } = deps;
  const latest = new Latest<'round'>();
  let last: Promise<void> = Promise.resolve();
  let again: Timer | null = null;
  let isClosed = false;

  function look(): Promise<void> {
    last = latest
      .run('round', () => departures.round())
      .catch((error: unknown) =>
        log.warn({ err: error }, 'who has left an organisation was not looked at; it comes again'),
      );
    return last;
  }
  const looking = repeatEvery(clock, limits.departures.askEveryMs, look, log);
  void look();
  return {
    heard(facts) {
      // The edge may tell of it until the last moment; the database is closed behind this.
      if (isClosed) return;
      // A membership is named by its user and its organisation (memberSubject).
      if (!facts.some(({ kind, subject }) => kind === 'changed' && subject.includes(' '))) return;
      void look();
      again?.cancel();
      again = clock.setTimer(limits.departures.staleClaimsMs, () => void look());
    },
    async close() {
      isClosed = true;
      looking.cancel();
      again?.cancel();
      await last;
    },
  };
}
