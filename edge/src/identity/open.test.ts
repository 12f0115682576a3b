import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { limits } from '@cellbook/shared/limits.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { OneTimeCodes } from '../../sockets/one-time-codes.ts';
import { absentWorkspace, brokenWorkspace } from '../../testing/workspaces.ts';
import { createWorld, main, originOf, type World } from '../../testing/world.ts';

let world: World;
let cookie: string;
const page = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };

beforeEach(async () => {
  world = await createWorld();
  cookie = await world.signIn();
});
afterEach(() => {
  vi.useRealTimers();
});

const open = (id: string, query = '') =>
  world.fetch(`${main}/open/${id}${query}`, { headers: { cookie, ...page } });
const locationOf = (answer: Response) => answer.headers.get('location') ?? '';

describe('opening a workspace', () => {
  test('leads through a one-time code to its own origin, with a cookie for that host alone', async () => {
    const opened = await open(world.workspaceId, '?next=%2Flab%2Ftree%2Fa.ipynb');
    expect(opened.status).toBe(303);
    expect(locationOf(opened)).toMatch(
      new RegExp(`^${originOf(world.workspaceId)}/\\.cellbook/enter\\?code=[\\w-]{43}&`),
    );
    expect(opened.headers.get('referrer-policy')).toBe('no-referrer');
    const entered = await world.fetch(locationOf(opened));
    expect([entered.status, locationOf(entered)]).toEqual([303, '/lab/tree/a.ipynb']);
    const set = entered.headers.get('set-cookie') ?? '';
    expect(set).toMatch(/^cellbook_workspace=\S+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/);
  });

  test('a code counts once, even asked for a hundred times at the same moment', async () => {
    const location = locationOf(await open(world.workspaceId));
    const answers = await Promise.all(Array.from({ length: 100 }, () => world.fetch(location)));
    expect(answers.filter(({ headers }) => headers.has('set-cookie'))).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(99);
  });

  test('a code does not count at another workspace, and is then used up', async () => {
    const location = new URL(locationOf(await open(world.workspaceId)));
    const right = location.href;
    location.host = `${absentWorkspace}.localhost:8787`;
    expect((await world.fetch(location.href)).status).toBe(401);
    expect((await world.fetch(right)).status).toBe(401);
  });

  test.each(['', 'x', 'A'.repeat(43), '%00', 'x'.repeat(5_000)])(
    'the code "%s" that nobody gave is refused',
    async (code) => {
      const answer = await world.fetch(`${originOf(world.workspaceId)}/.cellbook/enter?code=${code}`);
      expect([answer.status, answer.headers.has('set-cookie')]).toEqual([401, false]);
    },
  );

  test.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example',
    '/.//evil.example',
    'javascript:alert(1)',
    '/.cellbook/enter?code=x',
  ])('next=%s leads to the lab and nowhere else', async (next) => {
    const opened = await open(world.workspaceId, `?next=${encodeURIComponent(next)}`);
    expect(locationOf(await world.fetch(locationOf(opened)))).toBe('/lab');
  });

  test('the address of Jupyter clients, opened in a browser without a token, leads to it', async () => {
    for (const path of [`/w/${world.workspaceId}`, `/w/${world.workspaceId}/`]) {
      expect(locationOf(await world.fetch(main + path, { headers: page }))).toBe(
        `${main}/open/${world.workspaceId}`,
      );
    }
    expect((await world.fetch(`${main}/w/${world.workspaceId}/api`)).status).toBe(401);
  });

  test('without a session it leads to signing in and back', async () => {
    const answer = await world.fetch(`${main}/open/${world.workspaceId}`, { headers: page });
    expect(locationOf(answer)).toBe(`/signin?next=${encodeURIComponent(`/open/${world.workspaceId}`)}`);
  });

  test.each([
    ['of someone else', absentWorkspace, 404],
    ['with an id that is none', 'nonsense', 404],
    ['whose cell is in trouble', brokenWorkspace, 503],
  ])('a workspace %s is not opened, and a page says what to do', async (_, id, status) => {
    const answer = await open(id);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('text/html');
    expect(await answer.text()).toContain('Your workspaces');
  });
});

describe('a workspace’s origin', () => {
  test('sends a tab without a cookie to the console for one, and back to where it was going', async () => {
    const answer = await world.fetch(`${originOf(world.workspaceId)}/lab/tree/a%20b.ipynb?x=1`, {
      headers: page,
    });
    const expected = `${main}/open/${world.workspaceId}?next=${encodeURIComponent('/lab/tree/a%20b.ipynb?x=1')}`;
    expect(decodeURIComponent(locationOf(answer))).toBe(decodeURIComponent(expected));
  });

  test('refuses a program without a cookie with a typed 401', async () => {
    const answer = await world.fetch(`${originOf(world.workspaceId)}/api/kernels`);
    expect([answer.status, await answer.json()]).toEqual([
      401,
      expect.objectContaining({ code: 'unauthenticated' }),
    ]);
  });

  test('/ leads to the lab', async () => {
    const answer = await world.fetch(`${originOf(world.workspaceId)}/`);
    expect(locationOf(answer)).toBe(`${originOf(world.workspaceId)}/lab`);
  });
});

describe('the objects that keep codes', () => {
  const stub = () => env.ONE_TIME_CODES.get(env.ONE_TIME_CODES.idFromName('shard-test'));
  const rows = () =>
    runInDurableObject(
      stub(),
      (_: OneTimeCodes, state) => state.storage.sql.exec('SELECT code FROM codes').toArray().length,
    );

  test('give a code out once and in time only', async () => {
    const untilMs = Date.now() + limits.edge.oneTimeCodeTtlMs;
    await stub().put('a', 'payload', untilMs);
    await stub().put('late', 'payload', Date.now() - 1);
    expect([await stub().take('a'), await stub().take('a'), await stub().take('late')]).toEqual([
      'payload',
      null,
      null,
    ]);
  });

  test('never let a second payload take a code’s place', async () => {
    await stub().put('b', 'first', Date.now() + 10_000);
    await stub().put('b', 'second', Date.now() + 10_000);
    expect(await stub().take('b')).toBe('first');
  });

  test('forget what nobody took', async () => {
    await stub().put('c', 'payload', Date.now() - 1);
    expect(await rows()).toBe(1);
    expect(await runDurableObjectAlarm(stub())).toBe(true);
    expect(await rows()).toBe(0);
  });
});
