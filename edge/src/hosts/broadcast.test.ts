import { env } from 'cloudflare:workers';
import { regionIdSchema } from '@cellbook/shared/ids.ts';
import { principalSchema } from '@cellbook/shared/protocol/principal.ts';
import { decodeJwt } from 'jose';
import { beforeEach, expect, test } from 'vitest';
import { createWorld, main, type World } from '../../testing/world.ts';
import { type Ask, askOf } from '../ask.ts';
import type { Identity } from '../identity/identity.ts';
import { type BroadcastRequest, broadcast } from './broadcast.ts';

const [local, elsewhere] = [regionIdSchema.parse('local'), regionIdSchema.parse('elsewhere')];
let world: World;
let ask: Ask;
let identity: Identity;

beforeEach(async () => {
  world = await createWorld();
  const token = await world.token(await world.signIn());
  identity = await world.edge.credentials.verify('token', token);
  ask = askOf(world.edge, new Request(main), () => undefined);
});

const sent = (change: Partial<BroadcastRequest> = {}): BroadcastRequest => ({
  ...{ method: 'PUT', path: '/v1/org/echo?a=1', body: '{"value":1}', idempotencyKey: 'one' },
  regions: [local, elsewhere],
  ...change,
});
interface Echo {
  url: string;
  body: string;
  headers: Record<string, string>;
}

test('reaches the cells of all its regions, each under a principal of its own and with one key', async () => {
  const answer = await broadcast(ask, identity, sent());
  const { url, body, headers } = await answer.json<Echo>();
  expect({ url, body }).toEqual({ url: '/v1/org/echo?a=1', body: '{"value":1}' });
  expect(headers['idempotency-key']).toBe('one');
  const principal = principalSchema.parse(decodeJwt(headers['cellbook-principal'] ?? ''));
  expect(principal).toMatchObject({ sub: identity.sub, at: { cell: principal.aud } });
});

test('is complete only when every cell has done it, and names those that have not', async () => {
  await world.publishPins(2, [env.UPSTREAMS[0] ?? '', 'http://127.0.0.1:1'], 0);
  await world.edge.pins.reload();
  await expect(broadcast(ask, identity, sent())).rejects.toMatchObject({
    code: 'cell_unreachable',
    ids: { missing: 'cell-b' },
  });
  expect((await broadcast(ask, identity, sent({ regions: [local] }))).status).toBe(200);
});

test('a cell that answers 421 has not done it', async () => {
  await expect(broadcast(ask, identity, sent({ path: '/v1/moved' }))).rejects.toMatchObject({
    ids: { missing: 'cell-a' },
  });
});

test('what every cell refuses alike is refused in their words', async () => {
  const answer = await broadcast(ask, identity, sent({ path: '/v1/status/409' }));
  expect(answer.status).toBe(409);
});

test('is never complete where there is no cell to do it', async () => {
  const nowhere = broadcast(ask, identity, sent({ regions: [regionIdSchema.parse('mars')] }));
  await expect(nowhere).rejects.toMatchObject({ code: 'cell_unreachable' });
});
