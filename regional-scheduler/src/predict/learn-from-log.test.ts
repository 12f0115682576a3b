import { systemClock } from '@cellbook/shared/clock.ts';
import type { AttemptId, HostId } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, it, vi } from 'vitest';
import type { SchedulerEvent } from '../core/model/event.ts';
import { jobOf } from '../core/testing/region.ts';
import type { StoredEntry } from '../log/event-log.ts';
import { createMemoryEventLog } from '../log/memory-event-log.ts';
import { learnFromLog } from './learn-from-log.ts';
import { Predictor } from './predictor.ts';

const random = seededRandom(1);

/** A job that ran for so long, from the first word of it to the last. */
function lifeOf(at: number, ranMs: number): SchedulerEvent[] {
  const job = jobOf(random, at, 1, 60_000, {});
  const { jobId } = job;
  const attemptId = `att-${at}` as AttemptId;
  const outcome = { kind: 'succeeded', resultKey: '', bytes: 1 } as const;
  return [
    { type: 'job_submitted', atMs: at, job: { ...job, predicted: { ...job.predicted, seen: 9 } } },
    {
      ...{ type: 'job_placed', atMs: at, jobId, attemptId },
      ...{ hostId: 'host-1' as HostId, devices: [0], version: '1' },
    },
    { type: 'attempt_ended', atMs: at, jobId, attemptId, outcome, ranMs, savedMs: 0, retryAtMs: null },
  ];
}

it('learns what there was before it started and counts what comes after: a restart is no alarm', async () => {
  const log = createMemoryEventLog(() => 1);
  const append = async (lives: readonly SchedulerEvent[]) => {
    const firstSeq = (await log.lastSeq()) + 1;
    await log.append({ epoch: 1, firstSeq, entries: lives.map((event) => ({ event })) });
    return log.read(firstSeq - 1, lives.length);
  };
  // A page of as long as predicted, then one of ten times that: the model alarms of it.
  await append(Array.from({ length: 800 }, (_, at) => lifeOf(at, at < 667 ? 60_000 : 600_000)).flat());
  let tell: (entries: readonly StoredEntry[]) => void = () => undefined;
  const metrics = createMetrics();
  const predictor = new Predictor();
  const ended = vi.spyOn(predictor, 'ended');
  const learning = learnFromLog({
    region: {
      follow: (hear) => {
        tell = hear;
        return () => undefined;
      },
    },
    ...{ log, predictor, metrics, logger: silentLogger },
    clock: { ...systemClock, setTimer: (_ms, act) => systemClock.setTimer(0, act) },
  });
  learning.start();
  const count = async (of: RegExp) => {
    const lines = (await metrics.render()).body.split('\n').filter((line) => of.test(line));
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };
  const judged = /^cellbook_scheduler_predictions_judged_total\{/;
  // Of each page a sample (limits.scheduler.learnJobsMax).
  await expect.poll(() => predictor.dump().kept).toHaveLength(200 + 134);
  const news = ended.mock.results.flatMap(({ value }) => value);
  expect(news).toContainEqual(expect.objectContaining({ type: 'drifted' }));
  expect(predictor.dump().count).toBeGreaterThan(0);
  expect(await count(judged)).toBe(0);
  expect(await count(/^cellbook_scheduler_prediction_news_total\{/)).toBe(0);
  tell(await append([801, 802].flatMap((at) => lifeOf(at, 60_000))));
  await expect.poll(() => count(judged)).toBe(2);
  await learning.close();
});
