/**
 * Which region has taken up the queue of one that is lost, and has not come back: asked of the record only where none of
 * its schedulers answers, and not for every request (shared/src/protocol/region-record.ts).
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { RegionRecords } from '../regions/region-records.ts';

export function createHeldBy({
  clock,
  regionRecords,
}: {
  clock: Clock;
  regionRecords: Pick<RegionRecords, 'read'>;
}): (region: string) => Promise<string | null> {
  const read = new Map<string, { monoMs: number; holder: Promise<string | null> }>();
  return async (region) => {
    const known = read.get(region);
    if (known && clock.monotonicMs() - known.monoMs < limits.federation.holderKnownMs) return known.holder;
    const holder = regionRecords.read(region).then(
      ({ claim, epoch }) => (claim !== null && claim.epoch === epoch - 1 ? claim.by : null),
      (error: unknown) => {
        read.delete(region);
        throw error;
      },
    );
    // Regions are few: those of CELLBOOK_REGIONS.
    read.set(region, { monoMs: clock.monotonicMs(), holder });
    return holder;
  };
}
