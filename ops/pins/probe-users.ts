/** Users that stand for the others in a probe: none of them exists, they only have the right buckets. */
import { newUserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import {
  bucketCount,
  bucketOf,
  cellIn,
  type Layout,
  type PinnedUser,
  rankOf,
} from '@cellbook/shared/pins/pins.ts';
import type { Random } from '@cellbook/shared/random.ts';

/** So many of each cell in each region; a cell is either well or not, so a few tell. */
const perCell = 2;

/** Users who go by the new layout at this step, a few in each cell that has any. */
export function probeUsers(layout: Layout, buckets: number, random: Random): PinnedUser[] {
  const chosen: PinnedUser[] = [];
  for (const [region, table] of layout.tables) {
    const wanted = new Map<number, number>();
    for (const [bucket, cell] of table.entries())
      if (rankOf(bucket) < buckets) wanted.set(cell, Math.min((wanted.get(cell) ?? 0) + 1, perCell));
    const left = () => [...wanted.values()].some((count) => count > 0);
    // Drawn until every cell has its users: with a canary of 164 buckets about a hundred draws for each.
    for (
      let drawn = 0;
      left() && drawn < 64 * bucketCount && chosen.length < limits.pins.probesMax;
      drawn++
    ) {
      const userId = newUserId(random);
      const bucket = bucketOf(userId);
      const cell = rankOf(bucket) < buckets ? table[bucket] : undefined;
      const count = cell === undefined ? 0 : (wanted.get(cell) ?? 0);
      if (cell === undefined || count === 0) continue;
      wanted.set(cell, count - 1);
      chosen.push({ userId, region });
    }
  }
  return chosen;
}

/** Where each of them belongs by the layout. */
export const expectedCell = (layout: Layout, user: PinnedUser): string | null =>
  cellIn(layout, user)?.id ?? null;
