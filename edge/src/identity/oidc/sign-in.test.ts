/** Against real providers (testing/oidc-provider.ts), through the whole edge. */
import { env } from 'cloudflare:workers';
import { limits } from '@cellbook/shared/limits.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { visitProvider } from '../../../testing/visit-provider.ts';
import { createWorld, main, originOf, type World } from '../../../testing/world.ts';

const [issuerOne = '', issuerTwo = ''] = env.ISSUERS;
const client = { clientId: 'cellbook', clientSecret: 'a secret that only the tests know' };
const one = { id: 'one', name: 'One', issuer: issuerOne, ...client, claims: { groups: 'groups' } };
const two = { id: 'two', name: 'Two', issuer: issuerTwo, ...client };
const configured = {
  CELLBOOK_SIGN_IN: 'oidc',
  CELLBOOK_OIDC: JSON.stringify([one, two]),
  CELLBOOK_CLIENT_ADDRESS: 'cf-connecting-ip',
};

let world: World;
let login: string;

beforeEach(async () => {
  world = await createWorld(configured);
  login = `p${crypto.randomUUID().slice(0, 8)}`;
});

interface Attempt {
  authorizationUrl: string;
  cookie: string;
}

async function begin(provider = 'one', query = '', cookie = ''): Promise<Attempt> {
  const answer = await world.fetch(`${main}/signin/${provider}${query}`, {
    headers: cookie ? { cookie } : {},
  });
  expect(answer.status).toBe(303);
  return {
    authorizationUrl: answer.headers.get('location') ?? '',
    cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '',
  };
}

const come = (back: string, cookie: string) => world.fetch(back, { headers: cookie ? { cookie } : {} });

async function signIn(who = login, provider = 'one', query = ''): Promise<Response> {
  const { authorizationUrl, cookie } = await begin(provider, query);
  const { back } = await visitProvider(authorizationUrl, who);
  return come(back, cookie);
}

const sessionOf = (answer: Response) => answer.headers.get('set-cookie')?.split(';')[0] ?? '';
const meOf = async (answer: Response) =>
  (await world.fetch(`${main}/v1/me`, { headers: { cookie: sessionOf(answer) } })).json<
    Record<string, string>
  >();

async function expectRefusal(answer: Response, code: string): Promise<void> {
  expect(answer.headers.get('set-cookie') ?? '').not.toContain('cellbook_session=ey');
  expect(await answer.json()).toMatchObject({ code, next: expect.any(String) });
}

/** A key of a service account in his organisation: the secret is shown to who makes it. */
async function serviceKeyOf(cookie: string): Promise<string> {
  const send = async <Made>(path: string, body: object) =>
    (
      await world.fetch(main + path, {
        ...{ method: 'POST', headers: { origin: main, cookie }, body: JSON.stringify(body) },
      })
    ).json<Made>();
  const me = await world.fetch(`${main}/v1/me`, { headers: { cookie } });
  const accounts = `/v1/orgs/${(await me.json<{ orgId: string }>()).orgId}/service-accounts`;
  const { id } = await send<{ id: string }>(accounts, { name: 'nightly', role: 'admin' });
  return (await send<{ key: string }>(`${accounts}/${id}/keys`, { name: 'nightly' })).key;
}

/** The address with one of its parameters changed. */
function withParameter(url: string, name: string, value: string): string {
  const changed = new URL(url);
  changed.searchParams.set(name, value);
  return changed.href;
}

describe('signing in', () => {
  test('the page has a button for each provider and no form without proof', async () => {
    const text = await (await world.fetch(`${main}/signin?next=%2Fopen%2Fx`)).text();
    expect(text).toContain('href="/signin/one?next=%2Fopen%2Fx&amp;region=local"');
    expect(text).toContain('Sign in with Two');
    expect(text).not.toContain('<form');
    const form = new URLSearchParams({ name: 'Ada', email: 'ada@example.org' });
    const sent = await world.fetch(`${main}/signin`, {
      method: 'POST',
      headers: { origin: main },
      body: form,
    });
    expect([sent.status, sent.headers.get('set-cookie')]).toEqual([403, null]);
  });

  test('asks with PKCE, state and nonce, and only for the fixed address to come back to', async () => {
    const { authorizationUrl, cookie } = await begin();
    const asked = new URL(authorizationUrl).searchParams;
    expect(asked.get('code_challenge_method')).toBe('S256');
    for (const name of ['code_challenge', 'state', 'nonce']) expect(asked.get(name)).toMatch(/^[\w-]{43}$/);
    expect(asked.get('redirect_uri')).toBe(`${main}/signin/one/callback`);
    expect(cookie).toMatch(/^cellbook_signin=[\w-]{43}$/);
  });

  test('makes a session of the person whom the provider vouches for, and goes where they were going', async () => {
    const answer = await signIn(login, 'one', '?next=%2Fopen%2Fws-00000000000000000000');
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/open/ws-00000000000000000000']);
    expect(answer.headers.get('set-cookie')).toMatch(
      /^cellbook_session=ey\S+; Path=\/; HttpOnly; SameSite=Lax/,
    );
    expect(await meOf(answer)).toMatchObject({ name: `P${login.slice(1)}`, role: 'admin', region: 'local' });
  });

  test.each(['https://evil.example/', '//evil.example/', '/\\evil.example/'])(
    'never leads to %s',
    async (next) => {
      const answer = await signIn(login, 'one', `?next=${encodeURIComponent(next)}`);
      expect(answer.headers.get('location')).toBe('/');
    },
  );

  test('the same person comes back as the same user, also from another provider that verifies the address', async () => {
    const first = await meOf(await signIn());
    expect((await meOf(await signIn())).userId).toBe(first.userId);
    expect((await meOf(await signIn(login, 'two'))).userId).toBe(first.userId);
  });

  test('who made an account by the form has no session and no key of it once its address is vouched for', async () => {
    world = await createWorld({ ...configured, CELLBOOK_SIGN_IN: 'development,oidc' });
    const cookie = await world.signIn(`${login}@people.example`);
    const key = await world.token(cookie);
    const workspace = await world.enter(cookie);
    const machine = await serviceKeyOf(cookie);
    const owner = await signIn();
    const told = await env.DIRECTORY.prepare('SELECT max(seq) AS seq FROM standing_log').first<number>('seq');
    await expect.poll(() => world.edge.toldLast.upTo).toBe(told);
    const isolate = world.anotherIsolate(world.clock);
    const ask = async (headers: Record<string, string>, origin = main, path = '/v1/me') =>
      (await isolate.fetch(origin + path, { headers })).status;
    expect(await ask({ cookie: sessionOf(owner) })).toBe(200);
    expect(await ask({ cookie })).toBe(401);
    for (const token of [key, machine]) expect(await ask({ authorization: `token ${token}` })).toBe(401);
    expect(await ask({ cookie: workspace }, originOf(world.workspaceId), '/api/echo')).toBe(401);
    await world.edge.audit.settle();
    const { rows } = (await env.DIRECTORY.prepare(
      `SELECT count(*) AS rows FROM audit_events WHERE action = 'sign_in'
       AND json_extract(body, '$.details.takenOver') AND json_extract(body, '$.details.sessionsEnded') = 1
       AND json_extract(body, '$.details.keysRevoked') = 2`,
    ).first<{ rows: number }>()) ?? { rows: 0 };
    expect(rows).toBe(1);
  });

  test('an address that the provider has not verified does not lead to whoever has it', async () => {
    const ada = await meOf(await signIn());
    const eve = await meOf(await signIn(`${login}!unverified`, 'two'));
    expect(eve.userId).not.toBe(ada.userId);
    const form = new URLSearchParams({ name: 'Ada', email: `${login}@people.example` });
    world = await createWorld({ ...configured, CELLBOOK_SIGN_IN: 'development,oidc' });
    const headers = { origin: main };
    const developed = await world.fetch(`${main}/signin`, { method: 'POST', headers, body: form });
    expect((await meOf(developed)).userId).toBe(ada.userId);
  });

  test('a first sign-in takes the region that was asked for, a later one does not move anybody', async () => {
    expect((await meOf(await signIn(login, 'one', '?region=elsewhere'))).region).toBe('elsewhere');
    expect((await meOf(await signIn(login, 'one', '?region=local'))).region).toBe('elsewhere');
    expect((await meOf(await signIn(`${login}x`, 'one', '?region=nowhere'))).region).toBe('local');
  });

  test('the page says where somebody new will live, and offers the other regions', async () => {
    const text = await (await world.fetch(`${main}/signin?region=elsewhere`)).text();
    expect(text).toContain('<strong>Elsewhere</strong>');
    expect(text).toContain('<a href="/signin?region=local">Here</a>');
    expect(text).toContain('href="/signin/one?region=elsewhere"');
    expect(await (await world.fetch(`${main}/signin?region=%22%3E`)).text()).toContain(
      '<strong>Here</strong>',
    );
  });

  test('an operator is who the configuration names by verified address, and nobody else', async () => {
    world = await createWorld({ ...configured, CELLBOOK_OPERATORS: `${login}@PEOPLE.example` });
    expect((await meOf(await signIn(`${login}!unverified`))).role).toBe('admin');
    expect((await meOf(await signIn())).role).toBe('operator');
  });

  test('two tabs sign in at a time', async () => {
    const first = await begin();
    const second = await begin('one', '', first.cookie);
    expect(second.cookie).toBe(first.cookie);
    for (const { authorizationUrl, cookie } of [second, first]) {
      const { back } = await visitProvider(authorizationUrl, login);
      expect((await come(back, cookie)).status).toBe(303);
    }
  });
});

describe('what is refused', () => {
  test('a state that is not ours', async () => {
    const { authorizationUrl, cookie } = await begin();
    const { back } = await visitProvider(authorizationUrl, login);
    await expectRefusal(await come(withParameter(back, 'state', 'x'.repeat(43)), cookie), 'sign_in_expired');
    await expectRefusal(await come(withParameter(back, 'state', ''), cookie), 'sign_in_expired');
  });

  test('the same answer a second time', async () => {
    const { authorizationUrl, cookie } = await begin();
    const { back } = await visitProvider(authorizationUrl, login);
    expect((await come(back, cookie)).status).toBe(303);
    await expectRefusal(await come(back, cookie), 'sign_in_expired');
  });

  test('a code that was used, in an attempt of its own', async () => {
    const { authorizationUrl, cookie } = await begin();
    const { back } = await visitProvider(authorizationUrl, login);
    await come(back, cookie);
    const fresh = await begin('one', '', cookie);
    const state = new URL(fresh.authorizationUrl).searchParams.get('state') ?? '';
    await expectRefusal(await come(withParameter(back, 'state', state), cookie), 'sign_in_expired');
  });

  test('a code that was got for another attempt: PKCE', async () => {
    const [mine, theirs] = [await begin(), await begin()];
    const { back } = await visitProvider(theirs.authorizationUrl, login);
    const state = new URL(mine.authorizationUrl).searchParams.get('state') ?? '';
    await expectRefusal(await come(withParameter(back, 'state', state), mine.cookie), 'sign_in_expired');
  });

  test('an identity with another nonce', async () => {
    const { authorizationUrl, cookie } = await begin();
    const { back } = await visitProvider(withParameter(authorizationUrl, 'nonce', 'another'), login);
    await expectRefusal(await come(back, cookie), 'sign_in_refused');
  });

  test('an answer that another browser brings, and the attempt is over then', async () => {
    const { authorizationUrl, cookie } = await begin();
    const { back } = await visitProvider(authorizationUrl, login);
    const other = await begin();
    await expectRefusal(await come(back, other.cookie), 'sign_in_expired');
    await expectRefusal(await come(back, ''), 'sign_in_expired');
    await expectRefusal(await come(back, cookie), 'sign_in_expired');
  });

  test('an attempt that took too long', async () => {
    const { authorizationUrl, cookie } = await begin();
    const { back } = await visitProvider(authorizationUrl, login);
    await world.clock.advance(limits.edge.signInMsMax + 1);
    await expectRefusal(await come(back, cookie), 'sign_in_expired');
  });

  test('an answer of one provider at the address of another, and one that says to be of another', async () => {
    const { authorizationUrl, cookie } = await begin('one');
    const { back } = await visitProvider(authorizationUrl, login);
    await expectRefusal(await come(back.replace('/signin/one/', '/signin/two/'), cookie), 'sign_in_expired');
    const again = await begin('one');
    const visited = await visitProvider(again.authorizationUrl, login);
    await expectRefusal(
      await come(withParameter(visited.back, 'iss', issuerTwo), again.cookie),
      'sign_in_refused',
    );
  });

  test('a person who gives up at the provider', async () => {
    const { authorizationUrl, cookie } = await begin();
    const { back } = await visitProvider(authorizationUrl, null);
    await expectRefusal(await come(back, cookie), 'sign_in_refused');
  });

  test.each([
    ['access_denied', 'sign_in_refused', 403],
    ['invalid_scope', 'sign_in_refused', 403],
    ['temporarily_unavailable', 'provider_unavailable', 503],
  ])('an answer that says %s is %s', async (error, code, status) => {
    const { authorizationUrl, cookie } = await begin();
    const state = new URL(authorizationUrl).searchParams.get('state') ?? '';
    const query = new URLSearchParams({ error, error_description: '<b>x</b>', state, iss: issuerOne });
    const answer = await come(`${main}/signin/one/callback?${query}`, cookie);
    expect(answer.status).toBe(status);
    await expectRefusal(answer, code);
  });

  test('a client secret that is wrong says whose fault it is', async () => {
    world = await createWorld({
      ...configured,
      CELLBOOK_OIDC: JSON.stringify({ ...one, clientSecret: 'wrong' }),
    });
    await expectRefusal(await signIn(), 'sign_in_refused');
  });

  test('a provider that is not configured', async () => {
    await expectRefusal(await world.fetch(`${main}/signin/three`), 'not_found');
  });
});

describe('a provider that is down', () => {
  const down = { ...one, id: 'down', name: 'Down', issuer: 'http://127.0.0.1:1' };

  test('is a page that says so, with a way back and nothing that goes round', async () => {
    world = await createWorld({ CELLBOOK_SIGN_IN: 'oidc', CELLBOOK_OIDC: JSON.stringify([down, two]) });
    const page = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    const answer = await world.fetch(`${main}/signin/down`, { headers: page });
    const text = await answer.text();
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    expect(text).toContain('Down cannot be reached');
    expect(text).not.toContain('http-equiv="refresh"');
    expect((await world.fetch(`${main}/signin`)).status).toBe(200);
    expect((await signIn(login, 'two')).status).toBe(303);
  });

  test('leaves whoever is signed in signed in', async () => {
    const cookie = sessionOf(await signIn());
    world = Object.assign(world, { edge: (await createWorld({ CELLBOOK_OIDC: JSON.stringify(down) })).edge });
    expect((await world.fetch(`${main}/v1/me`, { headers: { cookie } })).status).toBe(200);
  });
});

describe('signing out', () => {
  test('ends the session here and leads to the provider, which comes back to the sign-in', async () => {
    const cookie = sessionOf(await signIn());
    const headers = { origin: main, cookie };
    const out = await world.fetch(`${main}/signout`, { method: 'POST', headers });
    expect(out.headers.get('location')).toBe('/signed-out?provider=one');
    expect((await world.fetch(`${main}/v1/me`, { headers: { cookie } })).status).toBe(401);
    const text = await (await world.fetch(`${main}/signed-out?provider=one`)).text();
    const target = /url=([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect(new URL(target).origin).toBe(issuerOne);
    expect(new URL(target).searchParams.get('post_logout_redirect_uri')).toBe(`${main}/signin`);
    expect((await fetch(target)).status).toBe(200);
  });

  test('leads to no provider that is not ours', async () => {
    for (const id of ['three', 'https://evil.example', ''])
      expect((await world.fetch(`${main}/signed-out?provider=${id}`)).headers.get('location')).toBe(
        '/signin',
      );
  });
});

describe('how often', () => {
  test('one address begins so many sign-ins a minute, and another is not kept waiting by it', async () => {
    const ask = (address: string) =>
      world.fetch(`${main}/signin/three`, { headers: { 'cf-connecting-ip': address } });
    const statuses = new Set<number>();
    for (let count = 0; count < limits.edge.signInsPerMinuteMax; count++)
      statuses.add((await ask('192.0.2.1')).status);
    expect([...statuses]).toEqual([404]);
    const refused = await ask('192.0.2.1');
    expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, true]);
    expect(await refused.json()).toMatchObject({ code: 'rate_limited' });
    expect((await ask('192.0.2.2')).status).toBe(404);
    // An isolate that has counted nobody yet counts with the others.
    const elsewhere = world.anotherIsolate(world.clock);
    const there = (address: string) =>
      elsewhere.fetch(`${main}/signin/three`, { headers: { 'cf-connecting-ip': address } });
    expect([(await there('192.0.2.1')).status, (await there('192.0.2.2')).status]).toEqual([429, 404]);
    await world.clock.advance(120_000);
    expect((await ask('192.0.2.1')).status).toBe(404);
  });
});
