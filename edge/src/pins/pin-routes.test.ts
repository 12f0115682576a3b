/** Publishing to the edge, probing through it, and cells that are behind. */
import { env } from 'cloudflare:workers';
import { cellIdSchema, newUserId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { layoutDocument, shareOut, signPins } from '@cellbook/shared/pins/build.ts';
import { type PinsOrder, pinsOrderType, probedSchema } from '@cellbook/shared/protocol/pins-api.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { CompactSign, importJWK, type JWK } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import { sql } from '../../testing/regions.ts';
import { createWorld, edKey, main, type World } from '../../testing/world.ts';

const region = regionIdSchema.parse('local');
let world: World;
beforeEach(async () => {
  world = await createWorld();
  // Of tests before this one, whose keys were others.
  await sql('DELETE FROM pins');
});

const document = (epoch: number, urls: readonly string[] = env.UPSTREAMS, key: JWK = world.keys.pins) => {
  const cells = urls.map((url, at) => ({ id: cellIdSchema.parse(`cell-${at}`), region, url }));
  return signPins({ epoch, ...layoutDocument(shareOut(cells)) }, key);
};
const send = (path: string, method: string, body: string, host = main) =>
  world.fetch(`${host}${path}`, { method, body, headers: { 'content-type': 'application/jose' } });
const publish = async (jws: string) => {
  const answer = await send('/pins', 'PUT', jws);
  return { status: answer.status, body: await answer.json<{ code?: string; epoch?: number }>() };
};
const epoch = async () =>
  (await (await world.fetch(`${main}/healthz`)).json<{ pinEpoch: number }>()).pinEpoch;

async function order(
  given: Record<string, unknown>,
  change: { key?: JWK; typ?: string } = {},
): Promise<string> {
  const text = JSON.stringify({ iat: world.clock.nowMs(), ...given });
  return new CompactSign(new TextEncoder().encode(text))
    .setProtectedHeader({ alg: 'EdDSA', typ: change.typ ?? pinsOrderType, kid: 'pins' })
    .sign(await importJWK(change.key ?? world.keys.pins, 'EdDSA'));
}
const probe = async (given: Partial<PinsOrder> & { users: unknown[]; epoch: number }) =>
  probedSchema.parse(
    await (await send('/pins/probe', 'POST', await order({ order: 'probe', ...given }))).json(),
  );

describe('a document that is published', () => {
  test('is in use here at once, and kept in both stores', async () => {
    const jws = await document(2);
    expect(await publish(jws)).toEqual({ status: 200, body: { epoch: 2 } });
    expect(await epoch()).toBe(2);
    expect(await env.PINS.get('pins')).toBe(jws);
    expect((await publish(jws)).status).toBe(200);
  });

  test('is refused where there is a newer one, or another of its epoch', async () => {
    await publish(await document(3));
    for (const stale of [await document(2), await document(3, [...env.UPSTREAMS].reverse())])
      expect(await publish(stale)).toMatchObject({ status: 409, body: { code: 'stale_epoch' } });
    expect(await epoch()).toBe(3);
  });

  test('is refused where a first start has published a newer one to KV alone', async () => {
    await world.publishPins(5, env.UPSTREAMS, 0);
    expect((await publish(await document(4))).status).toBe(409);
    expect((await publish(await document(6))).status).toBe(200);
  });

  test('of two publishers at once one is told to try again', async () => {
    const answers = await Promise.all([
      publish(await document(2)),
      publish(await document(2, [...env.UPSTREAMS].reverse())),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  test.each([
    ['another key', async () => document(2, env.UPSTREAMS, await edKey('pins'))],
    ['no key', async () => 'nonsense'],
    ['the right key as an order', () => order({ order: 'show' })],
  ])('is refused when it is signed with %s', async (_what, make) => {
    expect(await publish(await make())).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(await epoch()).toBe(1);
  });

  test('larger than the limit is refused before it is read whole', async () => {
    const answer = await send('/pins', 'PUT', 'x'.repeat(limits.pins.bytesMax + 1));
    expect(answer.status).toBe(413);
  });
});

describe('orders', () => {
  test('show what is in use, and what was before', async () => {
    const [second, third] = [await document(2), await document(3)];
    await publish(second);
    await publish(third);
    const shown = async (given: object) =>
      (
        await (
          await send('/pins/show', 'POST', await order({ order: 'show', ...given }))
        ).json<{ jws: string }>()
      ).jws;
    expect(await shown({})).toBe(third);
    expect(await shown({ before: 3 })).toBe(second);
    expect(await shown({ before: 1 })).toBeNull();
  });

  test.each([
    ['another key', {}, async () => ({ key: await edKey('pins') })],
    ['the type of a document', {}, async () => ({ typ: 'cellbook-pins' })],
    ['a time a minute ago', { iat: 0 }, async () => ({})],
    ['another order', { order: 'probe', users: [], epoch: 1 }, async () => ({})],
    ['fields nobody knows', { more: 1 }, async () => ({})],
  ])('with %s are refused', async (_what, given, change) => {
    const answer = await send('/pins/show', 'POST', await order({ order: 'show', ...given }, await change()));
    expect(answer.status).toBe(403);
  });
});

describe('a probe', () => {
  const users = Array.from({ length: 6 }, () => ({ userId: newUserId(systemRandom), region }));

  test('says of each user which cell answered and how, and leaves no trace of him', async () => {
    await publish(await document(2));
    const { epoch: held, results } = await probe({ epoch: 2, users });
    expect([held, results.map(({ userId }) => userId)]).toEqual([2, users.map(({ userId }) => userId)]);
    // The servers that stand for cells know no list of workspaces: 404 is their own word, passed on.
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set([404]));
  });

  test('tells a cell that does not answer by 503 and the reason', async () => {
    await publish(await document(2, ['http://127.0.0.1:1']));
    const { results } = await probe({ epoch: 2, users });
    for (const result of results)
      expect(result).toMatchObject({ cell: 'cell-0', status: 503, problem: 'your cell cannot be reached' });
  });

  test('of pins that have not come here yet asks nobody', async () => {
    expect(await probe({ epoch: 9, users })).toEqual({ epoch: 1, results: [] });
  });

  test('of users without a cell says so', async () => {
    const elsewhere = regionIdSchema.parse('mars');
    const { results } = await probe({
      epoch: 1,
      users: users.map((user) => ({ ...user, region: elsewhere })),
    });
    expect(results[0]).toMatchObject({ cell: null, status: 503 });
  });
});

test('a document in one store that nobody trusts does not hide the good one in the other', async () => {
  await publish(await document(2));
  await env.PINS.put('pins', 'nonsense');
  const { pins } = world.anotherIsolate(world.clock).edge;
  expect((await pins.reload()).epoch).toBe(2);
});
