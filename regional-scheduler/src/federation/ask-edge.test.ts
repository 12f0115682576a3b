import { systemClock as clock } from '@cellbook/shared/clock.ts';
import { regionIdSchema } from '@cellbook/shared/ids.ts';
import { budgetToldSchema } from '@cellbook/shared/protocol/region-asks.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, it, onTestFinished } from 'vitest';
import { askerOf } from '../testing/candidates.ts';
import { startEdgeDouble } from '../testing/edge-double.ts';
import { createAskEdge } from './ask-edge.ts';

it('tells an edge that knows no such question from one that is away', async () => {
  const secret = 'a secret that all of the regions have';
  const edge = await startEdgeDouble(secret);
  onTestFinished(() => edge.close());
  const { orgId, userId } = askerOf(seededRandom(4));
  const said = { orgId, userId, month: '2026-11', capMicros: 1, usedMicros: 0, wantMicros: 1 };
  const ask = (edgeUrl: string) => {
    const askEdge = createAskEdge({ from: regionIdSchema.parse('eu'), edgeUrl, secret, clock });
    return askEdge('userBudget', said, budgetToldSchema);
  };
  await expect(ask(edge.url)).rejects.toMatchObject({ code: 'not_found' });
  await expect(ask('http://127.0.0.1:1')).rejects.not.toMatchObject({ code: 'not_found' });
});
