/**
 * Writes pieces in their order while the next are still being decided: one is under way and the rest wait for it, so that
 * the database and this process work at the same time. Each piece is a commit of its own; whoever acts on them waits for
 * all (`done`). After the first that fails none is written.
 *
 * A piece is some hundred kilobytes and the kernel takes a fraction of that at once (16 KB to begin with, on Linux): the
 * rest leaves in turns of the event loop. Whoever decides therefore lets it turn every millisecond or two; else the
 * database waits for the end of the very statement that it is to work on meanwhile.
 */
import { nextTurn } from './next-turn.ts';

export class Pipeline<Piece> {
  readonly #write: (piece: Piece) => Promise<void>;
  #last: Promise<void> = Promise.resolve();

  constructor(write: (piece: Piece) => Promise<void>) {
    this.#write = write;
  }

  /** Returns once the piece is on its way, not when it is written. */
  async push(piece: Piece): Promise<void> {
    this.#last = this.#last.then(() => this.#write(piece));
    // Whoever waits for all of them hears of a failure.
    this.#last.catch(() => {});
    await this.turn();
  }

  /** What is being written goes on, and what has come is read. */
  turn(): Promise<void> {
    return nextTurn();
  }

  done(): Promise<void> {
    return this.#last;
  }
}
