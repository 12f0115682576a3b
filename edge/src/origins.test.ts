import { newWorkspaceId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { createWorld, main, originOf, type World } from '../testing/world.ts';
import type { Asker, Deed } from './origins.ts';
import source from './origins.ts?raw';

const deeds = ['page', 'read', 'write', 'websocket'] as const;
const other = 'http://127.0.0.1:8787';

interface Row {
  host: string;
  path: string;
  credential: string;
  asker: Asker;
  verdicts: string[];
}

/** The table in the header of origins.ts. */
const rows = source
  .split('*/')[0]
  ?.split('\n')
  .filter((line) => line.startsWith(' * | ') && !line.includes('---') && !line.includes('| page |'))
  .map((line): Row => {
    const [host = '', path = '', credential = '', asker = '', ...verdicts] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    return { host, path, credential, asker: asker as Asker, verdicts };
  });

let world: World;
let sessionCookie: string;
let workspaceCookie: string;
let token: string;

beforeAll(async () => {
  world = await createWorld();
  sessionCookie = await world.signIn();
  workspaceCookie = await world.enter(sessionCookie);
  token = await world.token(sessionCookie);
});

/** Tries one deed; whether it was done in the name of the credential's owner. */
async function isDone({ host, path, credential, asker }: Row, deed: Deed): Promise<boolean> {
  const origin = { main, other, workspace: originOf(world.workspaceId) }[host] ?? '';
  const place =
    { '/v1': '/v1/echo', '/w': `/w/${world.workspaceId}/echo`, any: '/api/echo', pages: pageFor(deed) }[
      path
    ] ?? '';
  const headers: Record<string, string> = {
    session: { cookie: sessionCookie },
    workspace: { cookie: workspaceCookie },
    token: { authorization: `token ${token}` },
  }[credential] as Record<string, string>;
  const answer = await world.fetch(origin + place, {
    method: deed === 'write' ? 'POST' : 'GET',
    headers: {
      ...headers,
      ...askerHeaders(asker, deed, origin),
      ...(deed === 'websocket' && { upgrade: 'websocket' }),
    },
  });
  answer.webSocket?.accept();
  answer.webSocket?.close(1000);
  if (path !== 'pages') return answer.status === 200 || answer.status === 101;
  return deed === 'write'
    ? answer.headers.has('set-cookie')
    : (await answer.text()).includes('id="workspaces"');
}

/** The page that only someone signed in sees; signing out is its one write, done last of all (by a copy). */
const pageFor = (deed: Deed) => (deed === 'write' ? '/signout' : '/');

function askerHeaders(asker: Asker, deed: Deed, origin: string): Record<string, string> {
  const mode: Record<string, string> =
    deed === 'page'
      ? { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
      : { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' };
  const sendsOrigin = deed === 'write' || deed === 'websocket';
  switch (asker) {
    case 'same-origin':
      return { ...mode, 'sec-fetch-site': 'same-origin', ...(sendsOrigin && { origin }) };
    case 'cross-origin':
      return {
        ...mode,
        'sec-fetch-site': 'same-site',
        ...(sendsOrigin && { origin: 'http://ws-evil.localhost:8787' }),
      };
    case 'the user':
      return { ...mode, 'sec-fetch-site': 'none' };
    case 'unknown':
      return deed === 'page' ? mode : {};
  }
}

test('the table is found', () => {
  expect(rows?.length).toBeGreaterThan(20);
});

describe.each(rows ?? [])('$host $path with a $credential, asked by $asker', (row) => {
  test.each(deeds.map((deed, index) => ({ deed, verdict: row.verdicts[index] })))(
    '$deed: $verdict',
    async ({ deed, verdict }) => {
      expect(['yes', 'no']).toContain(verdict);
      // Signing out revokes the session, so each row that may do it does it with a session of its own.
      if (row.path === 'pages' && deed === 'write') sessionCookie = await world.signIn();
      expect(await isDone(row, deed)).toBe(verdict === 'yes');
      if (row.path === 'pages' && deed === 'write') sessionCookie = await world.signIn();
    },
  );
});

describe('between workspaces', () => {
  test('the cookie of one workspace does not count at another', async () => {
    const elsewhere = originOf(newWorkspaceId(systemRandom));
    const answer = await world.fetch(`${elsewhere}/api/echo`, { headers: { cookie: workspaceCookie } });
    expect([answer.status, (await answer.json<{ code: string }>()).code]).toEqual([401, 'unauthenticated']);
  });

  test('the session, the workspace cookie and the token do not stand in for one another', async () => {
    const value = (cookie: string) => cookie.slice(cookie.indexOf('=') + 1);
    const [session, workspace] = [value(sessionCookie), value(workspaceCookie)];
    const tries: [string, Record<string, string>][] = [
      [`${main}/v1/me`, { cookie: `cellbook_session=${workspace}` }],
      [`${main}/v1/me`, { cookie: `cellbook_session=${token}` }],
      [`${main}/v1/me`, { authorization: `token ${session}` }],
      [`${main}/v1/me`, { authorization: `token ${workspace}` }],
      [`${originOf(world.workspaceId)}/api/echo`, { cookie: `cellbook_workspace=${session}` }],
      [`${originOf(world.workspaceId)}/api/echo`, { cookie: `cellbook_workspace=${token}` }],
    ];
    for (const [address, headers] of tries)
      expect((await world.fetch(address, { headers })).status).toBe(401);
  });

  test('no other path of a workspace’s origin reaches the platform’s API', async () => {
    const headers = { cookie: workspaceCookie };
    for (const path of ['/v1/me', '/v1/tokens', '/signin', '/w/x', `/open/${world.workspaceId}`]) {
      const answer = await world.fetch(originOf(world.workspaceId) + path, { headers });
      expect([path, answer.status]).toEqual([path, 404]);
    }
  });

  test('signing out ends the workspace cookies of that session too', async () => {
    const session = await world.signIn('other@example.org');
    const cookie = await world.enter(session);
    const address = `${originOf(world.workspaceId)}/api/echo`;
    expect((await world.fetch(address, { headers: { cookie } })).status).toBe(200);
    await world.fetch(`${main}/signout`, { method: 'POST', headers: { cookie: session, origin: main } });
    expect((await world.fetch(address, { headers: { cookie } })).status).toBe(401);
    expect((await world.fetch(`${main}/v1/me`, { headers: { cookie: session } })).status).toBe(401);
  });
});

describe('CORS', () => {
  const evil = 'https://elsewhere.example';

  test('a token’s answers are readable from any origin, without credentials', async () => {
    const answer = await world.fetch(`${main}/v1/me`, {
      headers: { authorization: `token ${token}`, origin: evil },
    });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  });

  test('a preflight for a token is answered on /v1 and /w, and allows Authorization', async () => {
    for (const path of ['/v1/workspaces', `/w/${world.workspaceId}/api/contents/a`]) {
      const headers = {
        origin: evil,
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'authorization',
      };
      const answer = await world.fetch(main + path, { method: 'OPTIONS', headers });
      expect(answer.status).toBe(204);
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(answer.headers.get('access-control-allow-headers')).toContain('Authorization');
    }
  });

  test('nothing that came with a cookie is readable from another origin', async () => {
    const addresses = [`${main}/v1/me`, `${main}/`, `${originOf(world.workspaceId)}/api/echo`];
    for (const address of addresses) {
      for (const origin of [evil, 'null', originOf(newWorkspaceId(systemRandom))]) {
        const answer = await world.fetch(address, {
          headers: { cookie: `${sessionCookie}; ${workspaceCookie}`, origin },
        });
        expect(answer.status).toBe(403);
        expect(answer.headers.get('access-control-allow-origin')).toBeNull();
        expect(answer.headers.get('cross-origin-resource-policy')).toBe('same-origin');
      }
    }
  });

  test('no preflight is answered on a workspace’s origin or for the pages', async () => {
    for (const address of [`${originOf(world.workspaceId)}/api/contents`, `${main}/signin`]) {
      const answer = await world.fetch(address, {
        method: 'OPTIONS',
        headers: { origin: evil, 'access-control-request-method': 'PUT' },
      });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});
