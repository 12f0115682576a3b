/**
 * Whether this instance reaches its database. What it remembers of its region it can tell without, so that an answer from
 * memory is no sign that the region is there: it would never be taken up. Several who ask share one look.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { limits } from '@cellbook/shared/limits.ts';

/** Throws `store_unavailable` where it was not reached within the last seconds. */
export function createSeesDatabase(clock: Clock, look: () => Promise<unknown>): () => Promise<void> {
  const { databaseLookMs, databaseSeenMs } = limits.federation;
  const details = {
    code: 'store_unavailable',
    doing: 'looking whether the database of the region answers',
  } as const;
  let seenMs = Number.NEGATIVE_INFINITY;
  let flight: Promise<void> | null = null;
  async function lookNow(): Promise<void> {
    const askedMs = clock.monotonicMs();
    await withDeadline(clock, databaseLookMs, details, look);
    seenMs = askedMs;
  }
  return async () => {
    if (clock.monotonicMs() - seenMs < databaseSeenMs) return;
    flight ??= lookNow().finally(() => {
      flight = null;
    });
    await flight;
  };
}
