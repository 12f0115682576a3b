import { ManualClock } from '@cellbook/shared/clock.ts';
import { regionIdSchema } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import { MemorySubmissionStore } from '../admission/memory-submission-store.ts';
import type { SchedulerEvent } from '../core/model/event.ts';
import { createMemoryEventLog } from '../log/memory-event-log.ts';
import { attemptNumber, jobNumber, succeeded } from '../testing/events.ts';
import { followEnds } from './follow-ends.ts';

const saved = (job: number, checkpointKey: string): SchedulerEvent => ({
  type: 'attempt_saved',
  ...{
    atMs: 1,
    jobId: jobNumber(job),
    attemptId: attemptNumber(job),
    savedMs: 5,
    progress: null,
    checkpointKey,
  },
});

test('what a job saved goes when it has ended, each once, and what others saved stays', async () => {
  const log = createMemoryEventLog(() => 1);
  const events = [saved(1, 'a'), saved(2, 'of another'), saved(1, 'b'), saved(1, 'b'), ...succeeded(1)];
  await log.append({ epoch: 1, firstSeq: 1, entries: events.map((event) => ({ event })) });
  const removed: string[] = [];
  const ends = followEnds({
    ...{ log, store: new MemorySubmissionStore(), regionId: regionIdSchema.parse('eu') },
    ...{
      clock: new ManualClock(),
      random: seededRandom(1),
      logger: silentLogger,
      settled() {},
      setAside() {},
    },
    objects: {
      async remove(key) {
        removed.push(key);
        if (key === 'a') throw new Error('the store is away');
      },
    },
  });
  await ends.catchUp();
  expect(removed).toEqual(['a', 'b']);
});
