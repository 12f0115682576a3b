import { ManualClock } from '@cellbook/shared/clock.ts';
import { newJobId, newOrgId, newUserId } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { principalSchema } from '@cellbook/shared/protocol/principal.ts';
import { type Fact, memberSubject } from '@cellbook/shared/protocol/standing-api.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostgresSubmissionStore } from '../../admission/postgres/postgres-submission-store.ts';
import type { SchedulerEvent } from '../../core/model/event.ts';
import { applicant, askerOf, noonMs, videoOf } from '../../testing/candidates.ts';
import { createSchedulerTestDatabase, type SchedulerTestDatabase } from '../../testing/test-database.ts';
import type { AskEdge } from '../ask-edge.ts';
import { createPostgresRepeatedTasks } from './repeated-tasks.ts';
import { Standing } from './standing.ts';

const random = seededRandom(5);
const [user, org] = [newUserId(random), newOrgId(random)];
const principal = principalSchema.parse({
  ...{ iss: 'cellbook-edge', sub: user, org, aud: 'gpu-eu', tier: 'paid', role: 'member', name: 'Ada' },
  ...{ scopes: null, via: 'token', cred: 'key-1', pin: 1, iat: 1, exp: 2, asOf: 1_000, policyAsOf: 1_000 },
});
let database: SchedulerTestDatabase;
beforeAll(async () => {
  database = await createSchedulerTestDatabase();
});
afterAll(() => database.drop());

function bed(mayNot: ReadonlySet<string> = new Set()) {
  const facts: Fact[] = [];
  const asked: SchedulerEvent[] = [];
  const leading = { leads: true, epoch: 1 };
  const askEdge: AskEdge = async (kind, said, told) => {
    const given = said as { after: number; userId: string };
    if (kind === 'rights') return told.parse({ maySubmit: !mayNot.has(given.userId), tier: null });
    const upTo = Math.min(facts.length, given.after + 2);
    return told.parse({
      after: given.after,
      upTo,
      more: upTo < facts.length,
      facts: facts.slice(given.after, upTo),
    });
  };
  const standing = new Standing({
    ...{ askEdge, clock: new ManualClock(noonMs), log: silentLogger },
    tasks: createPostgresRepeatedTasks(database.database, 2),
    region: { ask: async (event) => void asked.push(event), leadership: () => leading },
  });
  return { facts, asked, leading, standing };
}

describe('what is known of rights', () => {
  it.each<[string, Fact, string | null]>([
    ['its key was revoked', { kind: 'revoked', subject: 'key-1', ms: 9_000 }, 'unauthenticated'],
    ['another key was', { kind: 'revoked', subject: 'key-2', ms: 9_000 }, null],
    ['his sessions were ended, and it is a key', { kind: 'revoked', subject: user, ms: 9_000 }, null],
    ['he was changed after it was said', { kind: 'changed', subject: user, ms: 1_001 }, 'standing_changed'],
    ['he was changed before', { kind: 'changed', subject: user, ms: 1_000 }, null],
    [
      'he is another thing in his organisation',
      { kind: 'changed', subject: memberSubject(user, org), ms: 1_001 },
      'standing_changed',
    ],
    ['its organisation has set something', { kind: 'policy', subject: org, ms: 1_001 }, 'standing_changed'],
  ])('decides about a request that was signed before: %s', async (_what, fact, code) => {
    const { facts, standing } = bed();
    facts.push({ kind: 'changed', subject: 'x', ms: 1 }, { kind: 'changed', subject: 'y', ms: 1 }, fact, {
      ...fact,
      ms: 1,
    });
    await standing.round();
    const over = standing.over({ verify: async () => principal });
    if (code === null) await expect(over.verify('')).resolves.toBe(principal);
    else await expect(over.verify('')).rejects.toMatchObject({ code });
  });
});

describe('a repeated task', () => {
  async function repeated(more = 0) {
    const asker = askerOf(random);
    const repeats = { everySeconds: 3_600, times: 5 };
    const again = Array.from({ length: more }, (_, at) => videoOf(`again ${at}`, { repeat: repeats }));
    const jobs = [videoOf('once'), videoOf('again', { repeat: repeats }), ...again];
    const applicants = jobs.map((job) => applicant(asker, { job, random }));
    const store = new PostgresSubmissionStore(database.database, () => []);
    await store.admit(applicants, { nowMs: noonMs, durability: 'durable' });
    const jobIds = applicants.slice(1).map(({ candidate }) => candidate.spec.jobId);
    return { asker, jobId: jobIds[0]!, jobIds };
  }

  it('ends when whoever handed it in may hand in nothing any more, with the reason, once a leader has asked', async () => {
    const { asker, jobId } = await repeated();
    const { facts, asked, leading, standing } = bed(new Set([asker.userId]));
    facts.push({ kind: 'changed', subject: memberSubject(asker.userId, asker.orgId), ms: 1 });
    leading.leads = false;
    await standing.round();
    expect(asked).toEqual([]);
    leading.leads = true;
    await standing.round();
    expect(asked).toMatchObject([{ type: 'cancel_asked', jobId, because: 'rights' }]);
    await standing.round();
    expect(asked).toHaveLength(1);
  });

  it('ends with all others of his, however many pages they are', async () => {
    const { asker, jobIds } = await repeated(4);
    const { facts, asked, standing } = bed(new Set([asker.userId]));
    facts.push({ kind: 'changed', subject: asker.orgId, ms: 1 });
    await standing.round();
    expect(asked.map((event) => 'jobId' in event && event.jobId).toSorted()).toEqual(jobIds.toSorted());
  });

  it('goes on where he may, or another has changed', async () => {
    const { asker } = await repeated();
    const { facts, asked, standing } = bed(new Set([newUserId(random)]));
    facts.push({ kind: 'changed', subject: asker.orgId, ms: 1 });
    facts.push({ kind: 'changed', subject: newJobId(random), ms: 1 });
    await standing.round();
    expect(asked).toEqual([]);
  });
});
