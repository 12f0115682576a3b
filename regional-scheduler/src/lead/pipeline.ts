/**
 * Writes pieces in their order while the next are still being decided: one is under way and the rest wait for it, so that
 * the database and this process work at the same time. Each piece is a commit of its own; whoever acts on them waits for
 * all (`done`). After the first that fails none is written.
 */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';

export class Pipeline<Piece> {
  readonly #write: (piece: Piece) => Promise<void>;
  readonly #clock: Clock;
  #last: Promise<void> = Promise.resolve();

  constructor(write: (piece: Piece) => Promise<void>, clock: Clock) {
    this.#write = write;
    this.#clock = clock;
  }

  /** Returns once the piece is on its way, not when it is written. */
  async push(piece: Piece): Promise<void> {
    this.#last = this.#last.then(() => this.#write(piece));
    // Whoever waits for all of them hears of a failure.
    this.#last.catch(() => {});
    await sleep(this.#clock, 0);
  }

  done(): Promise<void> {
    return this.#last;
  }
}
