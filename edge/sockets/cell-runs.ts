/** Asks a cell which run of it this is, and attends to many sockets a few at a time. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { runSchema } from '@cellbook/shared/protocol/parking-api.ts';

/** Null: it does not answer. */
export async function runOf(url: string, clock: Clock): Promise<string | null> {
  const details = { code: 'cell_unreachable', doing: 'asking a cell for its run' } as const;
  try {
    return await withDeadline(clock, limits.parking.askRunMsMax, details, async (signal) => {
      const answer = await fetch(new URL('/parked', url), { signal });
      return runSchema.parse(await answer.json()).run;
    });
  } catch {
    return null;
  }
}

export async function inBatches<Item>(
  items: readonly Item[],
  size: number,
  attend: (item: Item) => Promise<void> | undefined,
): Promise<void> {
  for (let at = 0; at < items.length; at += size)
    await Promise.allSettled(items.slice(at, at + size).map(attend));
}
