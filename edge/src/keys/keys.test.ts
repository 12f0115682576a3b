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
