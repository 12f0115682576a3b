/**
 * One piece of work at a time, and whoever asks for much waits behind himself: each asker has a queue of his own,
 * and the queues take turns. So an asker waits for one piece of each other asker at the most, however many those have.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';

export class FairTurns {
  readonly #waitingMax: number;
  readonly #doing: string;
  /** In the order of their turns: whoever has had one goes to the end. */
  readonly #queues = new Map<string, (() => void)[]>();
  #busy = false;

  /** `waitingMax`: of one asker; `doing`: for the refusal of more. */
  constructor(waitingMax: number, doing: string) {
    this.#waitingMax = waitingMax;
    this.#doing = doing;
  }

  /** Throws `rate_limited` when as many of this asker's wait already. */
  async run<T>(asker: string, work: () => Promise<T>): Promise<T> {
    if (this.#busy) await this.#turn(asker);
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = this.#next();
    }
  }

  #turn(asker: string): Promise<void> {
    const queue = this.#queues.get(asker) ?? [];
    if (queue.length >= this.#waitingMax)
      throw new CellbookError('rate_limited', {
        doing: this.#doing,
        problem: `${queue.length} of yours are waiting already`,
        next: 'Wait a moment and try again.',
        retryAfterMs: 1_000,
      });
    const { promise, resolve } = Promise.withResolvers<void>();
    queue.push(resolve);
    this.#queues.set(asker, queue);
    return promise;
  }

  /** Begins the next one's turn; false when nobody waits. It stays busy in between: nobody slips in. */
  #next(): boolean {
    for (const [asker, queue] of this.#queues) {
      this.#queues.delete(asker);
      const begin = queue.shift();
      if (queue.length > 0) this.#queues.set(asker, queue);
      if (!begin) continue;
      begin();
      return true;
    }
    return false;
  }
}
