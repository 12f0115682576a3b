/** A command line logs in: over HTTP, as it and the person's browser do it. */
import { limits } from '@cellbook/shared/limits.ts';
import { beforeEach, expect, test } from 'vitest';
import { createWorld, main, type World } from '../../testing/world.ts';
import { deviceGrant } from './endpoints.ts';

let world: World;
let cookie: string;

interface Begun {
  device_code: string;
  user_code: string;
  verification_uri: string;
  verification_uri_complete: string;
  interval: number;
}

beforeEach(async () => {
  world = await createWorld();
  cookie = await world.signIn(`${crypto.randomUUID()}@example.org`);
});

const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  world.fetch(`${main}${path}`, { method: 'POST', headers, body: new URLSearchParams(form) });
const begin = async (form: Record<string, string> = {}) =>
  (await post('/v1/device/code', { client_id: 'cellbook', name: 'cellbook on box', ...form })).json<Begun>();
const poll = async ({ device_code }: Begun) => {
  const answer = await post('/v1/device/token', {
    grant_type: deviceGrant,
    device_code,
    client_id: 'cellbook',
  });
  return { status: answer.status, ...(await answer.json<{ access_token: string; error: string }>()) };
};
const page = (path: string, headers: Record<string, string> = { cookie }) =>
  world.fetch(new URL(path, main).href, { headers });
const answer = ({ user_code }: Begun, said: string, headers: Record<string, string> = {}) =>
  post('/device', { user_code, answer: said }, { cookie, origin: main, ...headers });
const asked = (key: string, path: string) =>
  world.fetch(`${main}${path}`, { headers: { authorization: `Bearer ${key}` } });

test('a person who allows it gets the command line a key that is named, restricted and listed', async () => {
  const begun = await begin({ scope: 'notebooks workspaces:read', expires_in_days: '7' });
  expect(begun.user_code).toMatch(/^[A-Z]{4}-[A-Z]{4}$/);
  expect(begun.verification_uri).toBe(`${main}/device`);
  expect(await poll(begun)).toMatchObject({ status: 400, error: 'authorization_pending' });

  const shown = await (await page(begun.verification_uri_complete)).text();
  for (const part of [begun.user_code, 'cellbook on box', 'Ada', 'see workspaces; and run code', 'Refuse'])
    expect(shown).toContain(part);
  const allowed = await answer(begun, 'allow');
  expect([allowed.status, await allowed.text()]).toEqual([200, expect.stringContaining('your terminal')]);

  const given = await poll(begun);
  expect(given).toMatchObject({ status: 200, token_type: 'Bearer', scope: 'workspaces:read notebooks' });
  expect(await (await asked(given.access_token, '/v1/me')).json()).toMatchObject({ name: 'Ada' });
  expect((await asked(given.access_token, '/v1/keys')).status).toBe(403);
  const { keys } = await (await page('/v1/keys')).json<{ keys: object[] }>();
  expect(keys).toMatchObject([{ name: 'cellbook on box', scopes: ['workspaces:read', 'notebooks'] }]);
  expect(await poll(begun)).toMatchObject({ status: 400, error: 'invalid_grant' });
});

test('who allowed what, and the key that came of it, are in the audit log', async () => {
  const begun = await begin();
  await answer(begun, 'allow');
  await poll(begun);
  await answer(await begin(), 'refuse');
  await world.edge.audit.settle();
  const { events } = await (await page('/v1/edge-audit')).json<{ events: { what: string }[] }>();
  const what = events.map((event) => event.what);
  expect(what.filter((one) => /^device|^key/.test(one))).toEqual([
    'device.refuse',
    'key.create',
    'device.allow',
  ]);
});

test('a refused one gets nothing, and nothing is made', async () => {
  const begun = await begin();
  expect(await (await answer(begun, 'refuse')).text()).toContain('Nothing was made');
  expect(await poll(begun)).toMatchObject({ status: 400, error: 'access_denied' });
  expect((await answer(begun, 'allow')).status).toBe(404);
  expect(await (await page('/v1/keys')).json()).toEqual({ keys: [] });
});

test('after ten minutes it is too late for the person and the command line', async () => {
  const begun = await begin();
  await world.clock.advance(limits.device.requestMsMax);
  expect((await page(begun.verification_uri_complete)).status).toBe(404);
  expect((await answer(begun, 'allow')).status).toBe(404);
  expect(await poll(begun)).toMatchObject({ status: 400, error: 'expired_token' });
});

test('who polls too soon is told to slow down', async () => {
  const begun = await begin();
  await poll(begun);
  expect(await poll(begun)).toMatchObject({ status: 400, error: 'slow_down' });
});

test('a stranger signs in first and comes back to the code; a stranger’s answer counts nothing', async () => {
  const begun = await begin();
  const sent = await page(begun.verification_uri_complete, {});
  expect(sent.headers.get('location')).toBe(
    `/signin?next=${encodeURIComponent(`/device?user_code=${begun.user_code}`)}`,
  );
  expect(
    (await post('/device', { user_code: begun.user_code, answer: 'allow' }, { origin: main })).status,
  ).toBe(401);
  expect(await poll(begun)).toMatchObject({ error: 'authorization_pending' });
});

test.each([
  ['another site', { origin: 'https://evil.example' }],
  ['a workspace', { origin: 'http://ws-00000000000000000000.localhost:8787' }],
  ['a form without an origin', { origin: 'null' }],
])('%s cannot answer in the person’s name', async (_, headers) => {
  const begun = await begin();
  expect((await answer(begun, 'allow', headers)).status).toBe(403);
  expect((await post('/device', { user_code: begun.user_code, answer: 'allow' }, { cookie })).status).toBe(
    403,
  );
  expect(await poll(begun)).toMatchObject({ error: 'authorization_pending' });
});

test('opening the address alone allows nothing', async () => {
  const begun = await begin();
  await page(`${begun.verification_uri_complete}&answer=allow`);
  expect(await poll(begun)).toMatchObject({ error: 'authorization_pending' });
});

test('a key cannot let a command line in', async () => {
  const begun = await begin();
  const authorization = `Bearer ${await world.token(cookie)}`;
  const form = { user_code: begun.user_code, answer: 'allow' };
  expect((await post('/device', form, { authorization, origin: main })).status).toBe(401);
  expect(await poll(begun)).toMatchObject({ error: 'authorization_pending' });
});

test('codes cannot be tried one after another', async () => {
  for (let tried = 0; tried < limits.device.guessesPerMinuteMax; tried++)
    expect((await page('/device?user_code=BBBB-BBBB')).status).toBe(404);
  expect((await page('/device?user_code=BBBB-BBBB')).status).toBe(429);
  expect((await answer(await begin(), 'allow')).status).toBe(429);
});

test('a name from a command line is text on the page, and on one line', async () => {
  const begun = await begin({ name: '<img src=x>\u202e\n box' });
  const shown = await (await page(begun.verification_uri_complete)).text();
  expect(shown).toContain('Let “&lt;img src=x&gt;   box” in?');
});

test.each([
  ['no name of a scope', { scope: 'everything' }],
  ['a year and more', { expires_in_days: '400' }],
  ['a long name', { name: 'x'.repeat(101) }],
])('%s is refused at once', async (_, form) => {
  expect((await post('/v1/device/code', { client_id: 'cellbook', ...form })).status).toBe(400);
});

test('without a code the page asks for one, and takes it as it is typed', async () => {
  expect(await (await page('/device')).text()).toContain('As your terminal shows it');
  const begun = await begin();
  const typed = begun.user_code.toLowerCase().replace('-', ' ');
  expect((await page(`/device?user_code=${encodeURIComponent(typed)}`)).status).toBe(200);
});

test('who has left the organisation since gets nothing', async () => {
  const begun = await begin();
  await answer(begun, 'allow');
  world.edge.people.personIn = async () => null;
  expect(await poll(begun)).toMatchObject({ status: 400, error: 'access_denied' });
});
