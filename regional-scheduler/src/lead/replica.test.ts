/** What a copy does where the log no longer reaches back to where it ends. */
import { ManualClock } from '@cellbook/shared/clock.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, test, vi } from 'vitest';
import { newState } from '../core/state.ts';
import { jobOf } from '../core/testing/region.ts';
import { createMemoryLeaderStore } from '../leader/memory-leader-store.ts';
import { leaderTerms } from '../leader/term.ts';
import { noArrival } from '../log/event-log.ts';
import { createMemoryArrivals } from '../log/memory-arrivals.ts';
import { createMemoryEventLog } from '../log/memory-event-log.ts';
import { createMemorySnapshotStore } from '../log/memory-snapshot-store.ts';
import { Instance } from './instance.ts';
import { Payloads } from './payloads.ts';
import { catchUp } from './replica.ts';
import { writeSnapshot } from './snapshot-format.ts';

const clock = new ManualClock();
const random = seededRandom(5);
const job = () => ({
  event: {
    type: 'job_submitted' as const,
    atMs: clock.nowMs(),
    job: jobOf(random, clock.nowMs(), 1, 60_000, {}),
  },
});

/** A log whose first events can be dropped, led by another. */
async function bed() {
  const leaders = createMemoryLeaderStore(clock);
  await leaders.acquire({ holder: 'another', url: 'http://there', ttlMs: 3_600_000 });
  const log = createMemoryEventLog(leaders.epoch);
  const dropped = { upTo: 0 };
  const kept = {
    ...log,
    read: async (afterSeq: number, countMax: number) => log.read(Math.max(afterSeq, dropped.upTo), countMax),
  };
  const append = async (count: number) =>
    log.append({
      epoch: 1,
      firstSeq: (await log.lastSeq()) + 1,
      entries: Array.from({ length: count }, job),
    });
  return { leaders, log, kept, dropped, append };
}

test('a copy never leaves out an event that the log has dropped', async () => {
  const { kept, dropped, append } = await bed();
  const replica = { state: newState(), seq: 0, watermark: noArrival };
  await append(2);
  await catchUp(replica, kept, { clock });
  expect([replica.seq, replica.state.jobs.size]).toEqual([2, 2]);
  await append(3);
  dropped.upTo = 4;
  await expect(catchUp(replica, kept, { clock })).rejects.toMatchObject({ code: 'gone' });
  expect([replica.seq, replica.state.jobs.size]).toEqual([2, 2]);
});

test('an instance that was away for longer than the log reaches back folds its copy from the newest snapshot', async () => {
  const { leaders, log, kept, dropped, append } = await bed();
  const snapshots = createMemorySnapshotStore();
  const reach = { down: false };
  const read = (afterSeq: number, countMax: number) =>
    reach.down ? Promise.reject(new Error('it is away')) : kept.read(afterSeq, countMax);
  const instance = new Instance({
    ...{ log: { ...kept, read }, snapshots, arrivals: createMemoryArrivals(), clock, random },
    ...{ logger: silentLogger, agentLeaseMs: 60_000, store: leaders, terms: leaderTerms, holder: 'this' },
    ...{ url: () => 'http://here', committed() {}, async prepare() {} },
    payloads: new Payloads(async () => new Map()),
  });
  // A snapshot is unpacked by a thread, which takes its own time.
  const untilSeq = (seq: number): Promise<void> =>
    vi.waitFor(
      async () => {
        await clock.advance(100);
        expect([instance.replica?.seq, instance.replica?.state.jobs.size]).toEqual([seq, seq]);
      },
      { timeout: 20_000, interval: 1 },
    );
  await append(2);
  instance.start();
  await untilSeq(2);
  reach.down = true;
  await append(3);
  const whole = { state: newState(), seq: 0, watermark: noArrival };
  await catchUp(whole, log, { clock });
  await snapshots.save({ seq: 5, watermark: noArrival }, writeSnapshot(whole.state));
  await append(1);
  dropped.upTo = 5;
  reach.down = false;
  await untilSeq(6);
  await instance.close();
});
