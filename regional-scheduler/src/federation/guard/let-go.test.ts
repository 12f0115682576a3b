/** What a region's guardian answers that is to let jobs go. */
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { releaseSchema, releasesSchema } from '@cellbook/shared/protocol/federation-api.ts';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { guardedQueue as guarded } from '../../testing/guarded-queue.ts';
import { PeerError } from '../peers.ts';

const us = 'us' as RegionId;
const lettingSchema = releasesSchema.extend({ jobs: z.array(releaseSchema) });

it('lets a guardian go that takes copies and lets no job go, as it refuses that or cannot read it', async () => {
  for (const how of ['refuses', 'cannot read']) {
    const bed = await guarded(2, ({ body }, copies) => {
      if (copies) return { missing: [] };
      if (how === 'refuses') throw new PeerError(us, 'refused', '400');
      const ids = lettingSchema.parse(body).jobs.map(({ jobId }) => jobId);
      return {
        released: ids.filter((id) => id !== bad()),
        taken: [],
        unread: ids.filter((id) => id === bad()),
      };
    });
    const bad = () => bed.ids[0];
    await bed.round();
    expect([how, bed.mayOffer(bed.ids[0]!), await bed.guardian()]).toEqual([how, false, us]);
    for (let waitedMs = 0; waitedMs <= limits.federation.guardianSilentMs; waitedMs += 1_000) {
      // What can be read, and copies, come through all the while.
      bed.mayOffer(bed.ids[1]!);
      bed.guard.toCopy.set(bed.ids[1]!, false);
      await bed.round();
      await bed.clock.advance(1_000);
    }
    await bed.round();
    expect([how, await bed.guardian(), bed.mayOffer(bed.ids[0]!)]).toEqual([how, null, true]);
  }
});

it('tells of what is over until that is acknowledged', async () => {
  const over: JobId[] = [];
  let isRead = false;
  const bed = await guarded(1, ({ body }, copies) => {
    if (copies) return { missing: [] };
    const ids = lettingSchema.parse(body).jobs.map(({ jobId }) => jobId);
    over.push(...ids);
    return isRead ? { released: ids, taken: [] } : { released: [], taken: [], unread: ids };
  });
  await bed.round();
  bed.end(bed.ids[0]!);
  await bed.round();
  isRead = true;
  await bed.round();
  await bed.round();
  expect(over).toEqual([bed.ids[0], bed.ids[0]]);
});
