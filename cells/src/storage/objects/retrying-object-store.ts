/**
 * Every request to a store gets a deadline and a few tries; what is left is a typed `store_unavailable`.
 * Trying again is always safe: objects are immutable, and a repeated put writes the same bytes. Only a removal is tried
 * once: whoever removes must know whether one was left unanswered, and comes again anyway.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { retry } from '@cellbook/shared/retry.ts';
import type { ObjectStore } from './object-store.ts';

export function createRetryingObjectStore(
  store: ObjectStore,
  { clock, random }: { clock: Clock; random: Random },
): ObjectStore {
  async function reliably<T>(
    doing: string,
    work: (signal: AbortSignal) => Promise<T>,
    parent?: AbortSignal,
  ): Promise<T> {
    const details = { code: 'store_unavailable', doing } as const;
    const attempt = () => withDeadline(clock, limits.storage.objectDeadlineMs, details, work, parent);
    const tools = { clock, random, ...(parent ? { signal: parent } : {}) };
    try {
      return await retry(attempt, limits.storage.objectRetry, isWorthRepeating, tools);
    } catch (error) {
      parent?.throwIfAborted();
      throw asStoreUnavailable(error, doing);
    }
  }
  return {
    put: (key, bytes, signal) => reliably(`storing ${key}`, (inner) => store.put(key, bytes, inner), signal),
    get: (key, signal) => reliably(`reading ${key}`, (inner) => store.get(key, inner), signal),
    has: (key, signal) => reliably(`looking for ${key}`, (inner) => store.has(key, inner), signal),
    async delete(key, signal) {
      const doing = `deleting ${key}`;
      const details = { code: 'store_unavailable', doing } as const;
      const once = (inner: AbortSignal) => store.delete(key, inner);
      try {
        await withDeadline(clock, limits.storage.objectDeadlineMs, details, once, signal);
      } catch (error) {
        signal?.throwIfAborted();
        throw asStoreUnavailable(error, doing);
      }
    },
    list: (prefix, signal) => listed(store, prefix, { clock, signal }),
  };
}

/**
 * A listing is only used by those who start over, so nothing of it is tried again; but whoever waits for more of it
 * may hold a workspace's lock, so each wait has its deadline.
 */
async function* listed(
  store: ObjectStore,
  prefix: string,
  { clock, signal }: { clock: Clock; signal: AbortSignal | undefined },
): AsyncGenerator<string> {
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const keys = store.list(prefix, either)[Symbol.asyncIterator]();
  const doing = `listing ${prefix}`;
  const details = { code: 'store_unavailable', doing } as const;
  const more = () => withDeadline(clock, limits.storage.objectDeadlineMs, details, () => keys.next(), signal);
  try {
    for (let next = await more(); !next.done; next = await more()) yield next.value;
  } catch (error) {
    signal?.throwIfAborted();
    throw asStoreUnavailable(error, doing);
  } finally {
    stop.abort(new Error('nobody wants the rest of it'));
  }
}

function isWorthRepeating(error: unknown): boolean {
  return !(error instanceof CellbookError) || error.code === 'store_unavailable';
}

function asStoreUnavailable(error: unknown, doing: string): CellbookError {
  if (error instanceof CellbookError) return error;
  return new CellbookError('store_unavailable', {
    doing,
    problem: 'the object store cannot be reached or refused',
    next: 'Nothing was lost. Try again in a moment; an operator finds the cause in the cell’s log.',
    retryAfterMs: limits.storage.objectRetry.maxDelayMs,
    cause: error,
  });
}
