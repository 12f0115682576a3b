/** What the leader tells other regions of its offers: what is in the log, and nothing else. */
import { ManualClock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, it } from 'vitest';
import { MemorySubmissionStore } from '../admission/memory-submission-store.ts';
import { applyEvent } from '../core/apply-event.ts';
import { handoffRules } from '../core/federation/handoff.ts';
import type { SchedulerEvent } from '../core/model/event.ts';
import { jobView, newState } from '../core/state.ts';
import { createMemoryEventLog } from '../log/memory-event-log.ts';
import { applicant, askerOf, noonMs, videoOf } from '../testing/candidates.ts';
import { createMemoryHandoffStore } from './handoff-store.ts';
import type { PeerCaller } from './peers.ts';
import { Spiller } from './spiller.ts';

const [us, ap] = ['us', 'ap'] as [RegionId, RegionId];
const random = seededRandom(4);

/** Jobs that only another region can run; what is asked for waits until the test writes it. */
async function bed(jobs: number) {
  const clock = new ManualClock(noonMs);
  const [state, store] = [newState(), new MemorySubmissionStore()];
  const log = createMemoryEventLog(() => 1);
  const asked: SchedulerEvent[] = [];
  const calls: string[] = [];
  const leading = { leads: true, epoch: 1 };
  const answers = { isThere: true, takes: true, onAsk() {} };
  const ids: JobId[] = [];
  /** Decides and applies; the log has it only where it is written. */
  async function apply(event: SchedulerEvent, { isWritten = true } = {}): Promise<boolean> {
    if (!applyEvent(state, event)) return false;
    if (isWritten) await log.append({ epoch: 1, firstSeq: (await log.lastSeq()) + 1, entries: [{ event }] });
    return true;
  }
  for (let number = 0; number < jobs; number++) {
    const job = videoOf(`number ${number}`, { resources: { skus: ['H100'] } });
    const one = applicant(askerOf(random), { job, random });
    await store.admit([one], { nowMs: noonMs });
    await apply({ type: 'job_submitted', atMs: noonMs, job: one.candidate.spec });
    ids.push(one.candidate.spec.jobId);
  }
  const kinds = [{ sku: 'H100', gpuMemoryMib: 80_000, gpusPerHost: 8, gpus: 8 }];
  const waitMs = { free: 0, paid: 0, enterprise: 0 };
  const peers: PeerCaller = {
    regions: [us, ap],
    async call(to, { method, path }, schema) {
      if (method === 'GET')
        return schema.parse({ regionId: to, takes: to === us && answers.takes, waitMs, kinds });
      calls.push(`${method} ${to} ${path.split('/').at(-1)}`);
      if (answers.isThere) return schema.parse({ taken: method === 'PUT', because: 'said' });
      throw new CellbookError('provider_unavailable', { doing: 'asking', problem: 'nobody is there' });
    },
  };
  const spiller = new Spiller({
    oldest: () => {},
    region: {
      ...{ log, follow: () => () => {}, wake: () => {}, state: () => state, leadership: () => leading },
      async ask(event) {
        asked.push(event);
        answers.onAsk();
      },
    },
    joins: { joined: async () => new Set(), close: async () => true },
    ...{ peers, handoffs: createMemoryHandoffStore(), records: store, clock, log: silentLogger },
  });
  const writeAsked = async () => {
    for (const event of asked.splice(0)) await apply({ ...event, atMs: clock.nowMs() });
  };
  const offer = (to: RegionId, handoff: number): SchedulerEvent => ({
    ...{ type: 'spill_offered', atMs: clock.nowMs(), jobId: ids[0]!, to, handoff },
  });
  const phase = () => jobView(state, ids[0]!)?.phase;
  return { clock, spiller, asked, calls, leading, answers, apply, writeAsked, offer, phase };
}

it('an offer that is asked for and not written is told to nobody, and made again later', async () => {
  const { spiller, asked, calls, clock } = await bed(1);
  for (const _ of [1, 2, 3]) await spiller.round();
  expect([asked.length, calls]).toEqual([1, []]);
  await clock.advance(handoffRules.patienceMs);
  await spiller.round();
  expect([asked.length, calls]).toEqual([2, []]);
});

it('one that is written long after it was asked for is answered in the same term', async () => {
  const { spiller, asked, calls, answers, clock, writeAsked, phase } = await bed(1);
  await spiller.round();
  answers.takes = false;
  await clock.advance(handoffRules.patienceMs + 1_000);
  await spiller.round();
  expect(asked).toHaveLength(1);
  await writeAsked();
  await spiller.round();
  expect([phase(), calls]).toEqual(['spilling', ['PUT us 1']]);
  await writeAsked();
  expect(phase()).toBeUndefined();
});

it('a job is offered to whom the log says, whomever it was asked for', async () => {
  const { spiller, asked, calls, apply, writeAsked, offer } = await bed(1);
  await spiller.round();
  // Another's wish, from before this term, comes first.
  await apply(offer(ap, 1));
  await writeAsked();
  await spiller.round();
  expect([calls, asked]).toEqual([['PUT ap 1'], [expect.objectContaining({ type: 'spill_settled' })]]);
});

it('what is applied and not written yet is told to nobody', async () => {
  const { spiller, calls, apply, offer, phase } = await bed(1);
  await apply(offer(us, 1), { isWritten: false });
  await spiller.round();
  expect([phase(), calls]).toEqual(['spilling', []]);
});

it('what one region said of an offer settles no other', async () => {
  const { spiller, asked, calls, answers, writeAsked, apply, offer, phase, clock } = await bed(1);
  answers.isThere = false;
  await apply(offer(us, 1));
  await clock.advance(handoffRules.patienceMs);
  await spiller.round();
  answers.isThere = true;
  await spiller.round();
  expect(calls).toEqual(['DELETE us 1', 'DELETE us 1']);
  const refused = asked[0]!;
  await writeAsked();
  expect(phase()).toBe('queued');
  // The same number once more, of somebody who did not know.
  expect(await apply(offer(ap, 1))).toBe(false);
  expect(await apply(offer(ap, 2))).toBe(true);
  expect(await apply(refused)).toBe(false);
  expect(phase()).toBe('spilling');
});

it('who ceases to lead offers no more', async () => {
  const { spiller, asked, leading, answers } = await bed(3);
  answers.onAsk = () => {
    leading.leads = false;
  };
  await spiller.round();
  expect(asked).toHaveLength(1);
});
