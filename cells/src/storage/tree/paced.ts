import { limits } from '@cellbook/shared/limits.ts';
import { Turns } from '../../db/turns.ts';

/** What takes long to go through, in turns between which everybody else of this process has his: `costOf` is in bytes. */
export async function* paced<T>(
  items: Iterable<T>,
  costOf: (item: T) => number,
  signal?: AbortSignal,
): AsyncGenerator<T, void> {
  const turns = new Turns(1);
  let cost = 0;
  for (const item of items) {
    cost += costOf(item);
    if (cost >= limits.storage.packs.bytesPerTurn) {
      await new Promise<void>((resolve) => turns.give(resolve));
      cost = 0;
    }
    signal?.throwIfAborted();
    yield item;
  }
}
