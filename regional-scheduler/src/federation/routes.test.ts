/** What a region says of itself when it is asked by another. */
import { ManualClock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import { federationHeader } from '@cellbook/shared/protocol/federation-api.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, it } from 'vitest';
import { newState } from '../core/state.ts';
import { createServer } from '../serve/server.ts';
import { createMemoryHandoffStore } from './handoff-store.ts';
import { registerFederation } from './routes.ts';
import { createSeesDatabase } from './sees-database.ts';
import { signCall } from './token.ts';

const [eu, us] = ['eu', 'us'] as [RegionId, RegionId];
const secret = 'a secret that both of the regions have';

it('says nothing of itself while its database is gone, though it remembers all of it', async () => {
  const clock = new ManualClock();
  let isThere = true;
  let looks = 0;
  const look = async () => {
    looks++;
    if (!isThere) throw new CellbookError('store_unavailable', { doing: 'looking', problem: 'it is gone' });
  };
  const app = createServer({ random: seededRandom(1), log: silentLogger, metrics: createMetrics() });
  registerFederation(app, {
    ...{ regionId: us, secret, clock, seesDatabase: createSeesDatabase(clock, look) },
    region: { state: newState, wake() {} },
    handoffs: createMemoryHandoffStore(() => {}),
    submissions: { askCancel: async () => {} },
    capBegins: async () => {},
  });
  const path = '/federation/v1/status';
  const ask = async () => {
    const token = await signCall(secret, { from: eu, to: us, method: 'GET', path, body: '' }, clock);
    const answer = await app.inject({ method: 'GET', url: path, headers: { [federationHeader]: token } });
    return answer.statusCode;
  };
  expect([await ask(), await ask(), looks]).toEqual([200, 200, 1]);
  isThere = false;
  await clock.advance(limits.federation.databaseSeenMs);
  expect(await ask()).toBe(503);
  isThere = true;
  expect(await ask()).toBe(200);
});
