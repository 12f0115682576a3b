/** What a user chooses for all of his workspaces, through the API of one cell. */
import { newOrgId, newUserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { IdleUsuals } from '../../quotas/idle-usuals.ts';
import { type ApiServer, startApiServer } from '../testing/api-server.ts';

let api: ApiServer;
beforeAll(async () => {
  api = await startApiServer();
}, 60_000);
afterAll(() => api?.stop());

type Claims = Record<string, unknown>;
const somebody = (more: Claims = {}): Claims => ({
  ...{ sub: newUserId(systemRandom), org: newOrgId(systemRandom), ...more },
});
const path = '/v1/settings/idle';
const usual = limits.lifecycle.idleSuspendSecondsByTier.free;

const read = async (claims: Claims) => (await api.call('GET', path, { claims })).body;
const choose = (claims: Claims, idleSuspendSeconds: number | null) =>
  api.call('PUT', path, { claims, body: { idleSuspendSeconds } });
async function create(claims: Claims, more: object = {}): Promise<string> {
  const headers = { 'idempotency-key': systemRandom.uuid() };
  return (await api.call('POST', '/v1/workspaces', { claims, headers, body: { name: 'n', ...more } })).body
    .id;
}
const secondsOf = async (claims: Claims, id: string) =>
  (await api.call('GET', `/v1/workspaces/${id}`, { claims })).body.idleSuspendSeconds;

test('holds for the workspaces that he has and makes, and each that runs is looked at; one’s own time goes before it', async () => {
  const he = somebody();
  const [plain, made, edited] = [
    await create(he),
    await create(he, { idleSuspendSeconds: usual }),
    await create(he),
  ];
  await api.call('PATCH', `/v1/workspaces/${edited}`, { claims: he, body: { idleSuspendSeconds: null } });
  expect(await read(he)).toEqual({ idleSuspendSeconds: usual, isChosen: false, secondsMax: null });
  api.woken.length = 0;
  const chosen = await choose(he, 300);
  expect(chosen).toMatchObject({ status: 200, body: { idleSuspendSeconds: 300, isChosen: true } });
  expect(api.woken).toEqual([plain]);
  expect(await secondsOf(he, plain)).toBe(300);
  expect([await secondsOf(he, made), await secondsOf(he, edited)]).toEqual([usual, null]);
  expect(await secondsOf(he, await create(he))).toBe(300);
});

test('may be never, and is taken back for what his organisation gives', async () => {
  const he = somebody({ quota: { idle: { secondsDefault: 900 } } });
  const id = await create(he);
  await choose(he, null);
  expect(await secondsOf(he, id)).toBeNull();
  const forgotten = await api.call('DELETE', path, { claims: he });
  expect(forgotten.body).toEqual({ idleSuspendSeconds: 900, isChosen: false, secondsMax: null });
  expect([await secondsOf(he, id), await secondsOf(he, await create(he))]).toEqual([900, 900]);
});

test('is nobody else’s, nor his in another organisation', async () => {
  const he = somebody();
  const others = [somebody({ org: he.org }), somebody({ sub: he.sub })];
  const ids = [await create(others[0] ?? {}), await create(others[1] ?? {})];
  await choose(he, 300);
  for (const [at, other] of others.entries()) {
    expect(await secondsOf(other, ids[at] ?? '')).toBe(usual);
    expect(await read(other)).toMatchObject({ isChosen: false });
  }
});

test('is no longer than his organisation allows', async () => {
  const he = somebody({ quota: { idle: { secondsMax: 600 } } });
  for (const asked of [601, null])
    expect(await choose(he, asked)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  expect(await read(he)).toEqual({ idleSuspendSeconds: 600, isChosen: false, secondsMax: 600 });
  expect((await choose(he, 600)).status).toBe(200);
});

test('is had by a workspace that is made at the same time', async () => {
  const he = somebody();
  const making = Array.from({ length: 8 }, () => create(he));
  await choose(he, 300);
  for (const id of await Promise.all(making)) expect(await secondsOf(he, id)).toBe(300);
});

test('is read again by whoever runs the cell next', async () => {
  const he = { ownerId: newUserId(systemRandom), orgId: newOrgId(systemRandom) };
  await choose({ sub: he.ownerId, org: he.orgId }, null);
  expect(await new IdleUsuals(api.database.database).of(he)).toEqual({ seconds: null });
});

test('is not for a viewer to change, and a time that is none is refused', async () => {
  expect((await choose(somebody({ role: 'viewer' }), 300)).status).toBe(403);
  expect((await choose(somebody(), 1)).status).toBe(400);
});

test('holds for a workspace again that has given up its own', async () => {
  const he = somebody({ quota: { idle: { secondsDefault: 900 } } });
  const [plain, own] = [await create(he), await create(he, { idleSuspendSeconds: 120 })];
  const giveUp = () =>
    api.call('PATCH', `/v1/workspaces/${own}`, { claims: he, body: { idleSuspendSeconds: 'usual' } });
  api.woken.length = 0;
  expect(await giveUp()).toMatchObject({ status: 200, body: { idleSuspendSeconds: 900 } });
  expect(api.woken).toEqual([own]);
  await choose(he, null);
  expect([await secondsOf(he, plain), await secondsOf(he, own)]).toEqual([null, null]);
  const body = { idleSuspendSeconds: 120 };
  expect(await api.call('PATCH', `/v1/workspaces/${own}`, { claims: he, body })).toMatchObject({
    status: 200,
    body,
  });
  expect(await giveUp()).toMatchObject({ status: 200, body: { idleSuspendSeconds: null } });
});

test('is had by a workspace that gives up its own while it is chosen', async () => {
  const he = somebody();
  const ids = await Promise.all(Array.from({ length: 8 }, () => create(he, { idleSuspendSeconds: 120 })));
  const body = { idleSuspendSeconds: 'usual' };
  const givingUp = ids.map((id) => api.call('PATCH', `/v1/workspaces/${id}`, { claims: he, body }));
  await choose(he, 300);
  await Promise.all(givingUp);
  for (const id of ids) expect(await secondsOf(he, id)).toBe(300);
});
