/** One piece of work at a time per key, in the order they came, with a bounded queue. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';

export class KeyedLock<Key extends string> {
  readonly #tails = new Map<Key, Queue>();

  async run<T>(key: Key, work: () => Promise<T>): Promise<T> {
    const queue = this.#tails.get(key) ?? { tail: Promise.resolve(), waiting: 0, giveWay: null };
    this.#tails.set(key, queue);
    if (queue.waiting >= limits.storage.pendingPerWorkspaceMax) throw tooMany(key);
    queue.waiting++;
    queue.giveWay?.();
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

  /** Work that gives way: its signal ends when anybody else wants the key. */
  runYielding<T>(key: Key, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.run(key, async () => {
      const stop = new AbortController();
      const queue = this.#tails.get(key);
      const giveWay = () => stop.abort(gaveWay(key));
      if (queue) queue.giveWay = giveWay;
      if (queue && queue.waiting > 1) giveWay();
      try {
        return await work(AbortSignal.any([signal, stop.signal]));
      } finally {
        if (queue) queue.giveWay = null;
      }
    });
  }
}

interface Queue {
  tail: Promise<void>;
  waiting: number;
  giveWay: (() => void) | null;
}

const gaveWay = (key: string): CellbookError =>
  new CellbookError('conflict', {
    doing: 'tidying a volume',
    problem: 'somebody else wants it',
    ids: { workspaceId: key },
  });

function tooMany(key: string): CellbookError {
  return new CellbookError('rate_limited', {
    doing: 'changing files',
    problem: `${limits.storage.pendingPerWorkspaceMax} changes of this workspace are waiting already`,
    next: 'Wait a moment and try again.',
    retryAfterMs: 1_000,
    ids: { workspaceId: key },
  });
}
