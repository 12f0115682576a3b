/** One piece of work at a time per key, in the order they came, with a bounded queue. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';

export class KeyedLock<Key extends string> {
  readonly #tails = new Map<Key, { tail: Promise<void>; waiting: number }>();

  async run<T>(key: Key, work: () => Promise<T>): Promise<T> {
    const queue = this.#tails.get(key) ?? { tail: Promise.resolve(), waiting: 0 };
    this.#tails.set(key, queue);
    if (queue.waiting >= limits.storage.pendingPerWorkspaceMax) throw tooMany(key);
    queue.waiting++;
    const turn = queue.tail;
    const { promise, resolve } = Promise.withResolvers<void>();
    queue.tail = promise;
    await turn;
    try {
      return await work();
    } finally {
      resolve();
      if (--queue.waiting === 0) this.#tails.delete(key);
    }
  }
}

function tooMany(key: string): CellbookError {
  return new CellbookError('rate_limited', {
    doing: 'changing files',
    problem: `${limits.storage.pendingPerWorkspaceMax} changes of this workspace are waiting already`,
    next: 'Wait a moment and try again.',
    retryAfterMs: 1_000,
    ids: { workspaceId: key },
  });
}
