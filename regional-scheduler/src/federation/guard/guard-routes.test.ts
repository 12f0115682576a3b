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

it('keeps the others where one of them cannot be read, and says which', async () => {
  const [clock, random] = [new ManualClock(), seededRandom(2)];
  const kept: JobId[] = [];
  const app = createServer({ random, log: silentLogger, metrics: createMetrics() });
  registerGuard(app, {
    ...{ regionId: us, secret, clock, log: silentLogger },
    book: {
      async copy(_from, _epoch, jobs) {
        kept.push(...jobs.map(({ jobId }) => jobId));
        return [];
      },
      complete: async () => {},
      release: async () => ({ released: [], taken: [] }),
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
  const [good, bad] = [whole(), whole()];
  const body = JSON.stringify({ epoch: 4, jobs: [{ ...bad, content: { spec: {}, request: {} } }, good] });
  const path = guardPaths.copies;
  const token = await signCall(secret, { from: eu, to: us, method: 'POST', path, body }, clock);
  const headers = { [federationHeader]: token, 'content-type': 'application/json' };
  const answer = await app.inject({ method: 'POST', url: path, headers, body });
  expect(answer.json()).toEqual({ missing: [], refused: [bad.jobId] });
  expect(kept).toEqual([good.jobId]);
});
