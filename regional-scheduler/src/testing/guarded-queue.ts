/** The guarded region's side, with a guardian that answers as a test says. */
import { ManualClock } from '@cellbook/shared/clock.ts';
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { copiesSchema, copySchema } from '@cellbook/shared/protocol/federation-api.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import { MemorySubmissionStore } from '../admission/memory-submission-store.ts';
import { applyEvent } from '../core/apply-event.ts';
import type { SchedulerEvent } from '../core/model/event.ts';
import { newState } from '../core/state.ts';
import { QueueGuard } from '../federation/guard/queue-guard.ts';
import { createMemoryRegionRecords } from '../federation/guard/region-records.ts';
import { type PeerCall, PeerError } from '../federation/peers.ts';
import { createMemoryEventLog } from '../log/memory-event-log.ts';
import { applicant, askerOf, noonMs, videoOf } from './candidates.ts';

const [eu, us] = ['eu', 'us'] as [RegionId, RegionId];
const toldSchema = copiesSchema.extend({ jobs: z.array(copySchema) });
type Copies = z.infer<typeof toldSchema>;

/** A leader with as many jobs queued. */
export async function guardedQueue(
  jobs: number,
  answer: (call: PeerCall, copies: Copies | null) => unknown,
  isClean: () => boolean = () => true,
) {
  const counted = { refused: 0, misheard: 0, isUnguarded: false };
  const clock = new ManualClock(noonMs);
  const [state, store, random] = [newState(), new MemorySubmissionStore(() => []), seededRandom(5)];
  const ids: JobId[] = [];
  for (let at = 0; at < jobs; at++) {
    const one = applicant(askerOf(random), { job: videoOf(`${at}`), random });
    await store.admit([one], { nowMs: noonMs });
    applyEvent(state, { type: 'job_submitted', atMs: noonMs, job: one.candidate.spec });
    ids.push(one.candidate.spec.jobId);
  }
  const records = createMemoryRegionRecords(clock);
  const guard = new QueueGuard({
    ...{ regionId: eu, records, clock, log: silentLogger, lostMs: limits.federation.lostMs },
    region: {
      ...{ log: createMemoryEventLog(() => 1), follow: () => () => {}, wake() {}, ask: async () => {} },
      ...{ state: () => state, leadership: () => ({ leads: true, epoch: 1 }) },
    },
    peers: {
      regions: [us],
      async call(_to, call, schema) {
        const copies = call.path.endsWith('copies') ? toldSchema.parse(call.body) : null;
        const read = schema.safeParse(await answer(call, copies));
        if (read.success) return read.data;
        throw new PeerError(us, 'unreadable', 'its answer cannot be read', read.error);
      },
    },
    own: { read: async () => null, write: async () => true },
    submissions: store,
    whenClean: async () => (isClean() ? state : null),
    refused(jobs) {
      counted.refused += jobs;
    },
    misheard() {
      counted.misheard++;
    },
    unguarded(isSo) {
      counted.isUnguarded = isSo;
    },
    touch() {},
  });
  const round = async () => {
    await guard.round().catch(() => {});
    await guard.letGo().catch(() => {});
  };
  const guardian = async () => (await records.ask(eu, null)).record.guardian;
  /** As a turn's end asks for it. */
  const mayOffer = (jobId: JobId) => guard.mayOffer(state, { jobId, regions: null });
  const end = (jobId: JobId) => {
    const event: SchedulerEvent = { type: 'job_taken_up', atMs: noonMs, jobId, by: us };
    applyEvent(state, event);
    guard.committed([{ seq: 1, epoch: 1, event }]);
  };
  return { clock, guard, ids, round, guardian, counted, records, mayOffer, end };
}
