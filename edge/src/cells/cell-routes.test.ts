/** What operators are told of the cells, in workerd, with cells that answer and one that does not. */
import { env } from 'cloudflare:workers';
import { cellIdSchema, newOrgId, newUserId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { layoutDocument, shareOut, signPins } from '@cellbook/shared/pins/build.ts';
import { cellListSchema } from '@cellbook/shared/protocol/cells-api.ts';
import { expect, test } from 'vitest';
import { sql } from '../../testing/regions.ts';
import { createWorld, main } from '../../testing/world.ts';

const region = regionIdSchema.parse('local');

test('each cell is told with its share of buckets, and one that is away says so', async () => {
  const world = await createWorld();
  await sql('DELETE FROM pins');
  const urls = [...env.UPSTREAMS.slice(0, 1), 'http://127.0.0.1:9'];
  const cells = urls.map((url, at) => ({ id: cellIdSchema.parse(`cell-${at}`), region, url }));
  const jws = await signPins({ epoch: 7, ...layoutDocument(shareOut(cells)) }, world.keys.pins);
  await world.fetch(`${main}/pins`, { method: 'PUT', body: jws });

  // Whom no directory knows.
  world.edge.standings = { current: async (identity) => identity, now: async (identity) => identity };
  const iat = Math.floor(world.clock.nowMs() / 1_000);
  const token = await world.edge.credentials.mint('token', {
    ...{
      sub: newUserId(world.edge.random),
      org: newOrgId(world.edge.random),
      name: 'Op',
      tier: 'free',
      region,
    },
    ...{ role: 'operator', scopes: null, jti: 'op', iat, exp: iat + 60 },
  });
  const answer = await world.fetch(`${main}/v1/cells`, { headers: { authorization: `token ${token}` } });
  const told = cellListSchema.parse(await answer.json());
  expect(told).toMatchObject({ pinEpoch: 7, rolloutBuckets: null });
  expect(told.cells.map(({ buckets }) => buckets)).toEqual([8_192, 8_192]);
  expect(told.cells[1]).toMatchObject({ id: 'cell-1', ready: false, problem: expect.any(String) });
});
