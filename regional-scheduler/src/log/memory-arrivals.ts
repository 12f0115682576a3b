/** Arrivals in memory, in the order in which they came. */

import type { JobId } from '@cellbook/shared/ids.ts';
import type { JobSpec } from '../core/model/job.ts';
import type { Arrival, Arrivals } from './arrivals.ts';

export interface MemoryArrivals extends Arrivals {
  submit(job: JobSpec): void;
  cancel(jobId: JobId): void;
}

export function createMemoryArrivals(): MemoryArrivals {
  const all: Arrival[] = [];
  const next = () => ({ xid: all.length + 1, position: all.length + 1 });
  return {
    take: async (after, countMax) => all.slice(after.xid, after.xid + countMax),
    async ask(event) {
      all.push({ ...next(), stream: 'asks', event });
    },
    submit: (job) => void all.push({ ...next(), stream: 'submissions', job }),
    cancel: (jobId) => void all.push({ ...next(), stream: 'cancel_requests', jobId }),
  };
}
