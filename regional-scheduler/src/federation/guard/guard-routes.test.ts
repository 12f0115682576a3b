/** What a region is answered that tells of its queue. */
import { ManualClock } from '@cellbook/shared/clock.ts';
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import { federationHeader } from '@cellbook/shared/protocol/federation-api.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, it } from 'vitest';
import { createServer } from '../../serve/server.ts';
import { applicant, askerOf, videoOf } from '../../testing/candidates.ts';
import { signCall } from '../token.ts';
import { guardPaths, registerGuard } from './guard-routes.ts';

const [eu, us] = ['eu', 'us'] as [RegionId, RegionId];
const secret = 'a secret that both of the regions have';

async function guardian() {
  const [clock, random] = [new ManualClock(), seededRandom(2)];
  const [kept, released, unread]: [JobId[], JobId[], string[]] = [[], [], []];
  const app = createServer({ random, log: silentLogger, metrics: createMetrics() });
  registerGuard(app, {
    ...{ regionId: us, secret, clock, log: silentLogger },
    unread: (from, what) => unread.push(`${from} ${what}`),
    book: {
      async copy(_from, _epoch, jobs) {
        kept.push(...jobs.map(({ jobId }) => jobId));
        return [];
      },
      complete: async () => {},
      async release(_from, _epoch, jobs) {
        released.push(...jobs.map(({ jobId }) => jobId));
        return { released: jobs.map(({ jobId }) => jobId), taken: [] };
      },
      take: async () => 0,
      doneEpoch: async () => 0,
      taken: async () => [],
      prune: async () => {},
    },
  });
  const whole = () => {
    const { spec, request } = applicant(askerOf(random), { job: videoOf(), random }).candidate;
    return { jobId: spec.jobId, turn: 0, state: 'queued', content: { spec, request } };
  };
  const post = async (path: string, told: unknown) => {
    const body = JSON.stringify(told);
    const token = await signCall(secret, { from: eu, to: us, method: 'POST', path, body }, clock);
    const headers = { [federationHeader]: token, 'content-type': 'application/json' };
    return app.inject({ method: 'POST', url: path, headers, body });
  };
  return { whole, post, kept, released, unread };
}

it('keeps the others where some of them cannot be read, says which, and counts them', async () => {
  const { whole, post, kept, unread } = await guardian();
  const [good, empty, later, late, nul] = [whole(), whole(), whole(), whole(), whole()];
  const unreadable = [
    { ...empty, content: { spec: {}, request: {} } },
    { ...later, state: 'a word of a later version' },
    { ...late, turn: 2 ** 40 },
    { ...nul, content: { ...nul.content, request: { ...nul.content.request, prompt: 'a\0fox' } } },
  ];
  const jobs = [...unreadable, { jobId: '../job', turn: 0 }, 'no job at all', null, good];
  const answer = await post(guardPaths.copies, { epoch: 4, jobs });
  expect(answer.json()).toEqual({ missing: [], refused: unreadable.map(({ jobId }) => jobId) });
  expect(kept).toEqual([good.jobId]);
  expect(unread).toEqual(Array.from({ length: 7 }, () => 'eu job'));
});

it('lets go the others where one cannot be read, and says which', async () => {
  const { whole, post, released } = await guardian();
  const [good, bad] = [whole().jobId, whole().jobId];
  const jobs = [
    { jobId: bad, turn: 'first', isOver: false },
    { jobId: good, turn: 1, isOver: false },
  ];
  expect((await post(guardPaths.releases, { epoch: 4, jobs })).json()).toEqual({
    released: [good],
    taken: [],
    unread: [bad],
  });
  expect(released).toEqual([good]);
});

it('refuses for good, as the caller’s fault and not as its own, a message that is none', async () => {
  const { post, kept, unread } = await guardian();
  for (const body of [{}, { epoch: 'now', jobs: [] }, { epoch: 1, jobs: { length: 1 } }, [1]]) {
    const answer = await post(guardPaths.copies, body);
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'bad_request']);
  }
  expect([kept, unread]).toEqual([[], Array.from({ length: 4 }, () => 'eu message')]);
});
