/** Has a snapshot made by a thread of its own, and says up to which event. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';

const doneSchema = z.object({ seq: z.number() });

/** `events`: how many there are to be folded beyond the newest snapshot. */
export async function makeSnapshotAside(databaseUrl: string, clock: Clock, events: number): Promise<number> {
  const { snapshotMs, snapshotMsPerEvent } = limits.scheduler;
  const worker = new Worker(new URL('./snapshot-thread.ts', import.meta.url), {
    workerData: { databaseUrl },
  });
  const details = { code: 'store_unavailable' as const, doing: 'making a snapshot of the log' };
  try {
    const [said] = await withDeadline(clock, snapshotMs + events * snapshotMsPerEvent, details, (signal) =>
      once(worker, 'message', { signal }),
    );
    return doneSchema.parse(said).seq;
  } finally {
    await worker.terminate();
  }
}
