import type { AttemptId, HostId } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { describe, expect, it } from 'vitest';
import type { SchedulerEvent } from '../core/model/event.ts';
import type { AttemptOutcome } from '../core/model/job.ts';
import { jobOf } from '../core/testing/region.ts';
import { runsOf } from './runs-of.ts';

const job = jobOf(seededRandom(1), 0, 1, 60_000, {});
const { jobId } = job;
const attempt = (at: number) => `att-${at}` as AttemptId;
const placed = (at: number): SchedulerEvent => {
  const where = { hostId: 'host-1' as HostId, devices: [0], version: '3' };
  return { type: 'job_placed', atMs: 0, jobId, attemptId: attempt(at), ...where };
};
const ended = (at: number, outcome: AttemptOutcome, ranMs: number, savedMs = 0): SchedulerEvent => {
  const rest = { outcome, ranMs, savedMs, retryAtMs: null };
  return { type: 'attempt_ended', atMs: 1000 * at, jobId, attemptId: attempt(at), ...rest };
};
const done: AttemptOutcome = { kind: 'succeeded', resultKey: '', bytes: 1 };

describe('what the log says of how long jobs ran', () => {
  it('is the whole of a job that was preempted and went on: what was cut short first, then all of it', () => {
    const events: SchedulerEvent[] = [
      { type: 'job_submitted', atMs: 0, job },
      placed(1),
      ended(1, { kind: 'preempted' }, 40_000, 30_000),
      placed(2),
      ended(2, done, 25_000, 30_000),
    ];
    const runs = runsOf(events, new Set([attempt(1), attempt(2)]));
    expect(runs).toMatchObject([
      { seconds: 40, isCut: true, version: '3' },
      { seconds: 55, isCut: false, served: job.predicted },
    ]);
    expect(runsOf(events, new Set([attempt(2)]))).toHaveLength(1);
  });

  it('is nothing of what failed within a second, or whose beginning is no longer on record', () => {
    const crashed: AttemptOutcome = { kind: 'failed', class: 'crashed', detail: '' };
    const events: SchedulerEvent[] = [
      { type: 'job_submitted', atMs: 0, job },
      placed(1),
      ended(1, crashed, 900),
    ];
    expect(runsOf(events, new Set([attempt(1)]))).toEqual([]);
    expect(runsOf([ended(1, done, 5000)], new Set([attempt(1)]))).toEqual([]);
  });
});
