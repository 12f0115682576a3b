import { limits } from '@cellbook/shared/limits.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { createWorld, main, type World } from '../../testing/world.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld();
});

const post = (form: Record<string, string>, headers: Record<string, string> = { origin: main }) =>
  world.fetch(`${main}/signin`, { method: 'POST', headers, body: new URLSearchParams(form) });
const ada = { name: 'Ada', email: 'ada@example.org' };

test('the form says that it asks for no proof', async () => {
  const answer = await world.fetch(`${main}/signin`);
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain('Development sign-in.');
});

test('signing in sets a cookie that scripts cannot read and other sites do not send', async () => {
  const answer = await post(ada);
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/']);
  expect(answer.headers.get('set-cookie')).toMatch(
    /^cellbook_session=\S+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=604800$/,
  );
});

test('over https the cookie is Secure and bound to its host by name', async () => {
  world = await createWorld({
    CELLBOOK_PUBLIC_URL: 'https://cellbook.example',
    CELLBOOK_WORKSPACE_DOMAIN: 'cellbook.example',
  });
  const origin = 'https://cellbook.example';
  const answer = await world.fetch(`${origin}/signin`, {
    method: 'POST',
    headers: { origin },
    body: new URLSearchParams(ada),
  });
  const cookie = answer.headers.get('set-cookie') ?? '';
  expect(cookie).toMatch(
    /^__Host-cellbook_session=\S+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=604800; Secure$/,
  );
  expect(answer.headers.get('strict-transport-security')).toContain('max-age');
  const plain = cookie.replace('__Host-', '').split(';')[0] ?? '';
  expect((await world.fetch(`${origin}/v1/me`, { headers: { cookie: plain } })).status).toBe(401);
});

test('a session ends after its time', async () => {
  const cookie = await world.signIn();
  await world.clock.advance(limits.edge.sessionTtlMs - 1_000);
  expect((await world.fetch(`${main}/v1/me`, { headers: { cookie } })).status).toBe(200);
  await world.clock.advance(2_000);
  expect((await world.fetch(`${main}/v1/me`, { headers: { cookie } })).status).toBe(401);
  expect((await world.fetch(`${main}/`, { headers: { cookie } })).headers.get('location')).toBe('/signin');
});

test.each([
  ['/open/ws-00000000000000000000?next=%2Flab', '/open/ws-00000000000000000000?next=%2Flab'],
  ['https://evil.example/', '/'],
  ['//evil.example/', '/'],
  ['/\\evil.example/', '/'],
  ['/.//evil.example/', '/'],
  ['/x/..//evil.example/', '/'],
  ['javascript:alert(1)', '/'],
])('next=%s leads to %s', async (next, location) => {
  expect((await post({ ...ada, next })).headers.get('location')).toBe(location);
});

test('the form may lead on to a workspace’s origin, as signing in on the way to one does', async () => {
  const policyOf = async (path: string) =>
    (await world.fetch(main + path)).headers.get('content-security-policy');
  expect(await policyOf('/signin?next=%2Fopen%2Fws-00000000000000000000')).toContain(
    "; form-action 'self' http://*.localhost:8787",
  );
  expect(await policyOf('/nothing')).toMatch(/; form-action 'self'$/);
});

test('a cookie that another host of the site has planted beside ours makes neither count', async () => {
  const [victim, attacker] = [await world.signIn(), await world.signIn('mallory@example.org')];
  for (const cookie of [`${attacker}; ${victim}`, `${victim}; ${attacker}`, `cellbook_session=; ${victim}`]) {
    expect((await world.fetch(`${main}/v1/me`, { headers: { cookie } })).status).toBe(401);
  }
  const twice = { headers: { cookie: `${victim}; ${victim}` } };
  expect((await world.fetch(`${main}/v1/me`, twice)).status).toBe(200);
});

test('behind a proxy that ends TLS, forms and cookies count as at the public address', async () => {
  const origin = 'https://cellbook.example';
  world = await createWorld({ CELLBOOK_PUBLIC_URL: origin, CELLBOOK_WORKSPACE_DOMAIN: 'cellbook.example' });
  const send = (from: string) =>
    world.fetch('http://cellbook.example/signin', {
      method: 'POST',
      headers: { origin: from },
      body: new URLSearchParams(ada),
    });
  expect((await send(origin)).status).toBe(303);
  expect((await send('http://cellbook.example')).status).toBe(403);
});

test('what was typed comes back in the form, escaped, with what is wrong', async () => {
  const answer = await post({ name: '<script>alert(1)</script>"', email: 'not an address' });
  const text = await answer.text();
  expect([answer.status, answer.headers.get('set-cookie')]).toEqual([400, null]);
  expect(text).toContain('Please give an e-mail address');
  expect(text).not.toContain('<script>');
  expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;');
});

test.each([
  { name: '', email: 'a@b.org' },
  { name: 'x'.repeat(101), email: 'a@b.org' },
  { name: 'A', email: '' },
  { name: 'A', email: `${'x'.repeat(250)}@b.org` },
])('refuses %o in the form itself', async (form) => {
  expect((await post(form)).status).toBe(400);
});

test('no other page signs anybody in or out', async () => {
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'same-site' },
    {},
  ] as Record<string, string>[]) {
    const answer = await post(ada, headers);
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([403, null]);
    const out = await world.fetch(`${main}/signout`, { method: 'POST', headers });
    expect(out.status).toBe(403);
  }
});

describe('where it is not configured', () => {
  beforeEach(async () => {
    world = await createWorld({ CELLBOOK_SIGN_IN: 'none' });
  });

  test('there is no form, and a form sent all the same signs nobody in', async () => {
    expect(await (await world.fetch(`${main}/signin`)).text()).not.toContain('<form');
    const answer = await post(ada);
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([403, null]);
  });
});
