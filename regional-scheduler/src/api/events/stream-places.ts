/** Who follows events here: so many of one user, so many in all. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { UserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';

export class StreamPlaces {
  readonly #ofUser = new Map<UserId, number>();
  #all = 0;

  assertRoom(userId: UserId): void {
    const { eventStreamsMax, eventStreamsPerUserMax } = limits.jobs;
    if ((this.#ofUser.get(userId) ?? 0) >= eventStreamsPerUserMax)
      throw new CellbookError('rate_limited', {
        ...{ doing, next: 'Close one, or poll GET /v1/jobs.', retryAfterMs: 5_000 },
        problem: `you have ${eventStreamsPerUserMax} streams open, which is the limit`,
      });
    if (this.#all >= eventStreamsMax)
      throw new CellbookError('capacity_exhausted', {
        ...{ doing, next: 'Try again, or poll GET /v1/jobs.', retryAfterMs: 15_000 },
        problem: 'too many streams are open here just now',
      });
  }

  take(userId: UserId): void {
    this.#all++;
    this.#ofUser.set(userId, (this.#ofUser.get(userId) ?? 0) + 1);
  }

  leave(userId: UserId): void {
    this.#all--;
    const left = (this.#ofUser.get(userId) ?? 0) - 1;
    if (left <= 0) this.#ofUser.delete(userId);
    else this.#ofUser.set(userId, left);
  }
}

const doing = 'opening a stream of events';
