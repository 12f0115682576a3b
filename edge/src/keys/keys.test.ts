import { env } from 'cloudflare:workers';
import { limits } from '@cellbook/shared/limits.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { createWorld, main, type World } from '../../testing/world.ts';

let world: World;
let cookie: string;

beforeEach(async () => {
  world = await createWorld();
  cookie = await world.signIn(`${crypto.randomUUID()}@example.org`);
});

const create = (body: unknown, headers: Record<string, string> = {}) =>
  world.fetch(`${main}/v1/tokens`, {
    method: 'POST',
    headers: { cookie, origin: main, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const list = async () => {
  const answer = await world.fetch(`${main}/v1/tokens`, { headers: { cookie } });
  return (await answer.json<{ tokens: { id: string; name: string; hint: string }[] }>()).tokens;
};
const revoke = (id: string, headers: Record<string, string> = { cookie, origin: main }) =>
  world.fetch(`${main}/v1/tokens/${id}`, { method: 'DELETE', headers });
const use = (token: string, form: 'token' | 'Bearer' | 'query' = 'token') =>
  form === 'query'
    ? world.fetch(`${main}/v1/me?token=${token}`)
    : world.fetch(`${main}/v1/me`, { headers: { authorization: `${form} ${token}` } });

interface Created {
  id: string;
  token: string;
  expiresAt: string;
}

test('a token is shown once, works in every form clients send, and is kept only as a hash', async () => {
  const created = await create({ name: 'VS Code' });
  expect(created.status).toBe(201);
  const { id, token } = await created.json<Created>();
  for (const form of ['token', 'Bearer', 'query'] as const) expect((await use(token, form)).status).toBe(200);
  expect(await list()).toEqual([expect.objectContaining({ id, name: 'VS Code', hint: token.slice(-4) })]);
  const { results } = await env.DIRECTORY.prepare('SELECT * FROM api_keys').all();
  expect(JSON.stringify([results, await list()])).not.toContain(token);
});

test('the same Idempotency-Key in another organisation makes a key of that one', async () => {
  const send = (path: string, body: unknown) =>
    world.fetch(main + path, {
      ...{ method: 'POST', headers: { cookie, origin: main, 'idempotency-key': 'the same' } },
      body: JSON.stringify(body),
    });
  const here = await (await send('/v1/keys', { name: 'ci' })).json<{ id: string; orgId: string }>();
  const { id: orgId } = await (await send('/v1/orgs', { name: 'Acme' })).json<{ id: string }>();
  const switched = await send('/v1/session/organisation', { orgId });
  cookie = switched.headers.get('set-cookie')?.split(';')[0] ?? '';
  const there = await (await send('/v1/keys', { name: 'ci' })).json<{ id: string; orgId: string }>();
  expect([there.orgId, there.id === here.id, here.orgId === orgId]).toEqual([orgId, false, false]);
});

test('a revoked token is refused at once where it was revoked, and elsewhere within a minute', async () => {
  const { id, token } = await (await create({ name: 'a' })).json<Created>();
  const elsewhere = await createWorld();
  const useElsewhere = () =>
    elsewhere.fetch(`${main}/v1/me`, { headers: { authorization: `token ${token}` } });
  expect((await useElsewhere()).status).toBe(200);
  expect((await use(token)).status).toBe(200);
  expect((await revoke(id)).status).toBe(204);
  expect((await use(token)).status).toBe(401);
  await elsewhere.clock.advance(60_000);
  expect((await useElsewhere()).status).toBe(401);
  expect(await list()).toEqual([]);
});

test('a token ends when it says', async () => {
  const { token } = await (await create({ name: 'a', expiresInDays: 1 })).json<Created>();
  await world.clock.advance(86_400_000 - 2_000);
  expect((await use(token)).status).toBe(200);
  await world.clock.advance(3_000);
  expect(await (await use(token)).json()).toMatchObject({ code: 'token_expired' });
});

test('a token can neither make nor revoke tokens', async () => {
  const { id, token } = await (await create({ name: 'a' })).json<Created>();
  const authorization = `token ${token}`;
  expect((await revoke(id, { authorization })).status).toBe(403);
  const made = await world.fetch(`${main}/v1/tokens`, {
    method: 'POST',
    headers: { authorization },
    body: '{"name":"b"}',
  });
  expect([made.status, (await made.json<{ code: string }>()).code]).toEqual([403, 'forbidden']);
});

describe('the same Idempotency-Key', () => {
  test('a hundred times at once makes one token and answers with it each time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => create({ name: 'a' }, { 'idempotency-key': 'k1' })),
    );
    const tokens = await Promise.all(answers.map((answer) => answer.json<Created>()));
    expect(new Set(tokens.map(({ token }) => token)).size).toBe(1);
    expect(await list()).toHaveLength(1);
  });

  test('later, when the clock has moved, it still finds the token it made', async () => {
    const first = await (await create({ name: 'a' }, { 'idempotency-key': 'k1' })).json<Created>();
    await world.clock.advance(3_600_000);
    expect(await (await create({ name: 'a' }, { 'idempotency-key': 'k1' })).json()).toEqual(first);
  });

  test('with another body it is a typed 409', async () => {
    await create({ name: 'a' }, { 'idempotency-key': 'k1' });
    for (const body of [{ name: 'b' }, { name: 'a', expiresInDays: 3 }]) {
      const answer = await create(body, { 'idempotency-key': 'k1' });
      expect([answer.status, (await answer.json<{ code: string }>()).code]).toEqual([
        409,
        'idempotency_key_reused',
      ]);
    }
  });

  test('of another user makes a token of their own', async () => {
    const first = await (await create({ name: 'a' }, { 'idempotency-key': 'k1' })).json<Created>();
    cookie = await world.signIn(`${crypto.randomUUID()}@example.org`);
    const second = await (await create({ name: 'a' }, { 'idempotency-key': 'k1' })).json<Created>();
    expect(second.id).not.toBe(first.id);
  });
});

describe('refused with a typed error that says what to do', () => {
  test.each([
    ['no JSON', '{', 'malformed_json'],
    ['nothing', '', 'malformed_json'],
    ['no object', '[]', 'bad_request'],
    ['no name', '{}', 'bad_request'],
    ['a blank name', '{"name":"  "}', 'bad_request'],
    ['a long name', JSON.stringify({ name: 'x'.repeat(101) }), 'bad_request'],
    ['a negative life', '{"name":"a","expiresInDays":-1}', 'bad_request'],
    ['a life without end', '{"name":"a","expiresInDays":1e9}', 'bad_request'],
    ['a field nobody knows', '{"name":"a","admin":true}', 'bad_request'],
    ['a body without end', JSON.stringify({ name: 'x'.repeat(limits.edge.formBytesMax) }), 'too_large'],
  ])('%s', async (_, body, code) => {
    const answer = await create(body);
    expect(answer.status).toBeLessThan(500);
    expect(await answer.json()).toMatchObject({ code, next: expect.any(String) });
  });

  test.each(['key-00000000000000000000', 'nonsense', '%00', 'x'.repeat(3_000)])('revoking %s', async (id) => {
    expect(await (await revoke(id)).json()).toMatchObject({ code: 'not_found', next: expect.any(String) });
  });
});

describe('a key with scopes', () => {
  const withKey = (token: string, path: string, init: RequestInit = {}) =>
    world.fetch(`${main}${path}`, { ...init, headers: { authorization: `token ${token}` } });
  const keyWith = async (...scopes: string[]) =>
    (await create({ name: 'scoped', scopes, expiresInDays: 30 })).json<Created & { scopes: string[] }>();
  const makeWith = (token: string, body: unknown) =>
    withKey(token, '/v1/keys', { method: 'POST', body: JSON.stringify(body) });

  test('says what it is restricted to, and is forwarded with it', async () => {
    const { token, scopes } = await keyWith('notebooks:read', 'audit');
    expect(scopes).toEqual(['notebooks:read', 'audit']);
    const echoed = await (await withKey(token, '/v1/echo')).json<{ headers: Record<string, string> }>();
    const principal = JSON.parse(atob((echoed.headers['cellbook-principal'] ?? '').split('.')[1] ?? ''));
    expect(principal).toMatchObject({ scopes: ['notebooks:read', 'audit'], via: 'token' });
    expect(await (await withKey(token, '/v1/keys')).json()).toMatchObject({ code: 'scope_insufficient' });
  });

  test('of nothing known is refused', async () => {
    expect((await create({ name: 'a', scopes: ['everything'] })).status).toBe(400);
    expect((await create({ name: 'a', scopes: [] })).status).toBe(400);
  });

  test('makes keys only where it carries that scope by name, and none that reaches further or lives longer', async () => {
    const { token } = await keyWith('keys', 'audit');
    const narrower = await makeWith(token, { name: 'b', scopes: ['audit'], expiresInDays: 1 });
    expect(narrower.status).toBe(201);
    for (const body of [
      { name: 'b', scopes: ['notebooks'], expiresInDays: 1 },
      { name: 'b', expiresInDays: 1 },
      { name: 'b', scopes: ['audit'], expiresInDays: 31 },
    ])
      expect(await (await makeWith(token, body)).json()).toMatchObject({ code: 'scope_insufficient' });
  });

  test('was last used when it was last used, to the minute, written behind the request', async () => {
    const { id, token } = await keyWith('audit', 'keys');
    const lastUsed = async () => {
      const answer = await world.fetch(`${main}/v1/keys`, { headers: { cookie } });
      const { keys } = await answer.json<{ keys: { id: string; lastUsedAt: string | null }[] }>();
      return keys.find((key) => key.id === id)?.lastUsedAt ?? null;
    };
    expect(await lastUsed()).toBeNull();
    await use(token);
    const first = await eventually(lastUsed, null);
    await world.clock.advance(30_000);
    await use(token);
    expect(await lastUsed()).toBe(first);
    await world.clock.advance(30_000);
    await use(token);
    expect(await eventually(lastUsed, first)).toBe(new Date(Date.parse(first ?? '') + 60_000).toISOString());
  });
});

/** The first value that is another, read again and again; the write is behind the answer. */
async function eventually<Value>(read: () => Promise<Value>, than: Value): Promise<Value> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const value = await read();
    if (value !== than) return value;
  }
  return than;
}
