/** What a job that came from another region lacks here, and how its row says that it came. */
import type { RegionId } from '@cellbook/shared/ids.ts';

/** Keys and fingerprints are the first region's: whoever submits the same there hears of the same job. */
export const ownNothing = { idempotencyKey: null, bodyHash: null, reuse: null, fingerprint: null };

export const cameByTakeUp = (from: RegionId): string => `${from}/taken up`;
