import { newUserId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { createWorld, main, type World } from '../../testing/world.ts';

let world: World;
let cookie: string;
let org: string;

beforeEach(async () => {
  world = await createWorld();
  // A person is the admin of his personal organisation.
  cookie = await world.signIn(`${crypto.randomUUID()}@example.org`);
  org = (await me({ cookie })).orgId;
});

const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = { cookie }) =>
  world.fetch(`${main}${path}`, {
    method,
    headers: { origin: main, ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const me = async (headers: Record<string, string>) =>
  (await world.fetch(`${main}/v1/me`, { headers })).json<{ userId: string; orgId: string; role: string }>();
const accounts = () => `/v1/orgs/${org}/service-accounts`;
const create = async (body: unknown = { name: 'pipeline', role: 'member' }) =>
  (await call('POST', accounts(), body)).json<{ id: string; role: string; region: string }>();
const keyOf = async (id: string, body: unknown = { name: 'ci' }) =>
  (await call('POST', `${accounts()}/${id}/keys`, body)).json<{ id: string; key: string }>();
const as = (key: string) => ({ authorization: `token ${key}` });

describe('a service account', () => {
  test('acts under its own id and role, in its organisation, with the keys an admin made it', async () => {
    const { id, region } = await create();
    expect(region).toBe('local');
    const { key } = await keyOf(id);
    expect(await me(as(key))).toMatchObject({ userId: id, orgId: org, role: 'member' });
    const echoed = await call('GET', '/v1/echo', undefined, as(key));
    expect(echoed.status).toBe(200);
  });

  test('is listed with its keys, which are among those of the organisation', async () => {
    const { id } = await create();
    const made = await keyOf(id, { name: 'ci', scopes: ['notebooks'] });
    const listed = await (await call('GET', accounts())).json();
    expect(listed).toMatchObject({ serviceAccounts: [{ id, name: 'pipeline', disabledAt: null }] });
    for (const path of [`${accounts()}/${id}/keys`, `/v1/orgs/${org}/keys`])
      expect(await (await call('GET', path)).json()).toMatchObject({
        keys: [{ id: made.id, userId: id, scopes: ['notebooks'], hint: made.key.slice(-4) }],
      });
  });

  test('that is disabled is dead at once here and within a minute elsewhere, and gets no new keys', async () => {
    const { id } = await create();
    const { key } = await keyOf(id);
    const elsewhere = await createWorldLike(world);
    const useElsewhere = () => elsewhere.fetch(`${main}/v1/me`, { headers: as(key) });
    expect((await useElsewhere()).status).toBe(200);
    expect((await call('PATCH', `${accounts()}/${id}`, { disabled: true })).status).toBe(200);
    expect((await call('GET', '/v1/me', undefined, as(key))).status).toBe(401);
    await elsewhere.clock.advance(60_000);
    expect((await useElsewhere()).status).toBe(401);
    expect((await call('POST', `${accounts()}/${id}/keys`, { name: 'ci' })).status).toBe(409);
  });

  test('that may do less from now on may do less with the keys it has, within a minute', async () => {
    const { id } = await create({ name: 'pipeline', role: 'admin' });
    const { key } = await keyOf(id);
    expect(await me(as(key))).toMatchObject({ role: 'admin' });
    expect((await call('GET', accounts(), undefined, as(key))).status).toBe(200);
    await world.clock.advance(1_000);
    await call('PATCH', `${accounts()}/${id}`, { role: 'viewer' });
    await world.clock.advance(60_000);
    expect(await me(as(key))).toMatchObject({ role: 'viewer' });
    expect((await call('GET', accounts(), undefined, as(key))).status).toBe(404);
  });

  test('invites people, with a key made for that', async () => {
    org = (await (await call('POST', '/v1/orgs', { name: 'Acme' })).json<{ id: string }>()).id;
    const switched = await call('POST', '/v1/session/organisation', { orgId: org });
    cookie = switched.headers.get('set-cookie')?.split(';')[0] ?? '';
    const { id } = await create({ name: 'onboarding', role: 'admin' });
    const { key } = await keyOf(id, { name: 'hr', scopes: ['org'] });
    const invited = await call('POST', `/v1/orgs/${org}/invitations`, { role: 'viewer' }, as(key));
    expect([invited.status, await invited.json()]).toMatchObject([201, { role: 'viewer' }]);
  });

  test('of another organisation is not there', async () => {
    const { id } = await create();
    const stranger = await world.signIn(`${crypto.randomUUID()}@example.org`);
    const headers = { cookie: stranger };
    for (const [method, path] of [
      ['GET', accounts()],
      ['PATCH', `${accounts()}/${id}`],
      ['POST', `${accounts()}/${id}/keys`],
    ] as const)
      expect(
        await (await call(method, path, method === 'GET' ? undefined : {}, headers)).json(),
        path,
      ).toMatchObject({ code: 'not_found' });
    const theirs = (await me(headers)).orgId;
    const mine = await call('PATCH', `/v1/orgs/${theirs}/service-accounts/${id}`, {}, headers);
    expect(mine.status).toBe(404);
  });

  test.each([
    ['an operator', { name: 'a', role: 'operator' }],
    ['no name', { role: 'member' }],
    ['a field nobody knows', { name: 'a', role: 'member', admin: true }],
  ])('is refused as %s', async (_, body) => {
    expect((await call('POST', accounts(), body)).status).toBe(400);
  });

  test('that is not there is a typed 404', async () => {
    const answer = await call('PATCH', `${accounts()}/${newUserId(systemRandom)}`, { name: 'b' });
    expect(await answer.json()).toMatchObject({ code: 'not_found', next: expect.any(String) });
  });
});

const createWorldLike = (other: World): World => other.anotherIsolate(other.clock);
