/** What the leader offers of jobs that others have joined: they have its result, and only its own region knows of them. */
import { ManualClock } from '@cellbook/shared/clock.ts';
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, it } from 'vitest';
import { MemorySubmissionStore } from '../admission/memory-submission-store.ts';
import { applyEvent } from '../core/apply-event.ts';
import type { SchedulerEvent } from '../core/model/event.ts';
import { newState } from '../core/state.ts';
import { createMemoryEventLog } from '../log/memory-event-log.ts';
import { applicant, askerOf, noonMs, videoOf } from '../testing/candidates.ts';
import { createMemoryHandoffStore } from './handoff-store.ts';
import type { Joins } from './joins.ts';
import type { PeerCaller } from './peers.ts';
import { Spiller } from './spiller.ts';

const us = 'us' as RegionId;
const random = seededRandom(3);

/** One job that only the other region can run. */
async function regionWith(joins: Joins, away: { now: boolean } = { now: false }) {
  const clock = new ManualClock(noonMs);
  const [state, store] = [newState(), new MemorySubmissionStore(() => [])];
  const one = applicant(askerOf(random), { job: videoOf('a', { resources: { skus: ['H100'] } }), random });
  await store.admit([one], { nowMs: noonMs });
  applyEvent(state, { type: 'job_submitted', atMs: noonMs, job: one.candidate.spec });
  const log = createMemoryEventLog(() => 1);
  const asked: SchedulerEvent[] = [];
  const calls: string[] = [];
  const kinds = [{ sku: 'H100', gpuMemoryMib: 80_000, gpusPerHost: 8, gpus: 8 }];
  const status = { regionId: us, takes: true, waitMs: { free: 0, paid: 0, enterprise: 0 }, kinds };
  const peers: PeerCaller = {
    regions: [us],
    async call(_to, { method }, schema) {
      calls.push(method);
      if (away.now && method !== 'GET') throw new Error('it does not answer');
      return schema.parse(method === 'GET' ? status : { taken: method === 'PUT', because: 'said' });
    },
  };
  const oldest: number[] = [];
  const spiller = new Spiller({
    oldest: (openMs) => oldest.push(openMs),
    region: {
      ...{ log, follow: () => () => {}, wake: () => {} },
      async ask(event) {
        asked.push(event);
        await log.append({ epoch: 1, firstSeq: asked.length, entries: [{ event }] });
        applyEvent(state, event);
      },
      state: () => state,
      leadership: () => ({ leads: true, epoch: 1 }),
    },
    ...{
      peers,
      joins,
      handoffs: createMemoryHandoffStore(() => {}),
      records: store,
      clock,
      log: silentLogger,
    },
  });
  const settled = () =>
    asked.map((event) => ('taken' in event ? `${event.type} ${event.taken}` : event.type));
  return { spiller, settled, calls, clock, oldest };
}

it('one that nobody has joined is offered and handed over', async () => {
  const closed: JobId[] = [];
  const close: Joins['close'] = async ({ jobId }) => closed.push(jobId) > 0;
  const { spiller, settled, calls } = await regionWith({ joined: async () => new Set(), close });
  for (const _ of [1, 2]) await spiller.round();
  expect([settled(), calls]).toEqual([
    ['spill_offered', 'spill_settled true'],
    ['GET', 'PUT'],
  ]);
  expect(closed).toHaveLength(1);
});

it('tells how long the oldest offer has been without an answer, until it has one', async () => {
  const away = { now: true };
  const free: Joins = { joined: async () => new Set(), close: async () => true };
  const { spiller, settled, clock, oldest } = await regionWith(free, away);
  for (const _ of [1, 2, 3]) {
    await spiller.round();
    await clock.advance(600_000);
  }
  expect(oldest).toEqual([0, 600_000, 1_200_000]);
  away.now = false;
  for (const _ of [1, 2]) await spiller.round();
  expect(settled()).toEqual(['spill_offered', 'spill_settled false']);
  expect(oldest.slice(3)).toEqual([1_800_000, 0]);
});

it('one that others have joined is not offered', async () => {
  const joined: Joins['joined'] = async (jobIds) => new Set(jobIds);
  const { spiller, settled, calls } = await regionWith({ joined, close: async () => false });
  for (const _ of [1, 2, 3]) await spiller.round();
  expect([settled(), calls]).toEqual([[], ['GET']]);
});

it('one that was joined when its offer was to be sent is kept', async () => {
  const { spiller, settled, calls } = await regionWith({
    joined: async () => new Set(),
    close: async () => false,
  });
  for (const _ of [1, 2]) await spiller.round();
  expect(settled()).toEqual(['spill_offered', 'spill_settled false']);
  expect(calls).not.toContain('PUT');
});
