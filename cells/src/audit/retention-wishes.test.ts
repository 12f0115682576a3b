import { newOrgId, type OrgId } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import type { Principal } from '@cellbook/shared/protocol/principal.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { actAs } from '../testing/act-as.ts';
import { createRetentionWishes } from './retention-wishes.ts';

const org = newOrgId(systemRandom);
const wish = (days?: number, policyAsOf?: number): Principal =>
  actAs(Fastify(), {
    org,
    ...(days !== undefined && { audit: { days } }),
    ...(policyAsOf !== undefined && { policyAsOf }),
  });

test('a wish is written once, again when it changes or is taken back, and again after it could not be', async () => {
  const written: [OrgId, number | null][] = [];
  let isDown = false;
  const wishes = createRetentionWishes(
    {
      async keepPolicy(id, days) {
        if (isDown) throw new Error('the database is away');
        written.push([id, days]);
      },
    },
    silentLogger,
  );
  for (const days of [30, 30, 60, undefined, undefined, 60]) wishes.hear(wish(days));
  expect(written).toEqual([
    [org, 30],
    [org, 60],
    [org, null],
    [org, 60],
  ]);
  isDown = true;
  wishes.hear(wish(90));
  isDown = false;
  await expect
    .poll(() => {
      wishes.hear(wish(90));
      return written.at(-1);
    })
    .toEqual([org, 90]);
});

test('a wish is not taken back by an edge that has not heard of it', () => {
  const written: (number | null)[] = [];
  const keepPolicy = async (_org: OrgId, days: number | null) => void written.push(days);
  const wishes = createRetentionWishes({ keepPolicy }, silentLogger);
  for (const [days, asOf] of [
    [30, 5],
    [undefined, undefined],
    [7, 4],
    [30, 7],
    [undefined, 6],
    [undefined, 8],
  ] as const)
    wishes.hear(wish(days, asOf));
  expect(written).toEqual([30, null]);
});
