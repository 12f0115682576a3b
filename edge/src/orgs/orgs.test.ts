/** Organisations through the whole edge: what each may ask, and what follows from it. */
import { type OrgId, orgIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { principalHeader, principalSchema } from '@cellbook/shared/protocol/principal.ts';
import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import { createWorld, main, type World } from '../../testing/world.ts';

let world: World;
let tag: string;

beforeEach(async () => {
  tag = crypto.randomUUID().slice(0, 8);
  world = await createWorld({ CELLBOOK_OPERATORS: `root-${tag}@people.example` });
});

interface Someone {
  cookie: string;
  userId: string;
  orgId: string;
}

const email = (name: string) => `${name}-${tag}@people.example`;

async function ask(who: Someone | null, method: string, path: string, body?: unknown, key?: string) {
  const headers: Record<string, string> = { origin: main, ...(who && { cookie: who.cookie }) };
  if (key) headers['idempotency-key'] = key;
  const answer = await world.fetch(main + path, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  // biome-ignore lint/suspicious/noExplicitAny: what comes back is what the tests are about.
  const json = (text.startsWith('{') ? JSON.parse(text) : null) as any;
  return { status: answer.status, json, headers: answer.headers };
}

async function someone(name: string): Promise<Someone> {
  const cookie = await world.signIn(email(name));
  const { json } = await ask({ cookie, userId: '', orgId: '' }, 'GET', '/v1/me');
  return { cookie, userId: json.userId, orgId: json.orgId };
}

async function actIn(who: Someone, orgId: string): Promise<Someone> {
  const { status, headers } = await ask(who, 'POST', '/v1/session/organisation', { orgId });
  expect(status).toBe(204);
  return { ...who, orgId, cookie: headers.get('set-cookie')?.split(';')[0] ?? '' };
}

/** A shared organisation and its admin, who acts in it. */
async function acme(name = 'ada'): Promise<{ admin: Someone; org: string; id: OrgId }> {
  const maker = await someone(name);
  const { status, json } = await ask(maker, 'POST', '/v1/orgs', { name: 'Acme' });
  expect(status).toBe(201);
  return { admin: await actIn(maker, json.id), org: `/v1/orgs/${json.id}`, id: orgIdSchema.parse(json.id) };
}

async function invited(admin: Someone, org: string, name: string, role: string): Promise<Someone> {
  const { json } = await ask(admin, 'POST', `${org}/invitations`, { role });
  const guest = await someone(name);
  const answer = await world.fetch(json.url, {
    method: 'POST',
    headers: { origin: main, cookie: guest.cookie },
  });
  expect(answer.status).toBe(303);
  return {
    ...guest,
    orgId: org.split('/')[3] ?? '',
    cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '',
  };
}

describe('making one', () => {
  test('the maker is its admin, and acts in it with a cookie of the same session', async () => {
    const { admin, org } = await acme();
    const { json } = await ask(admin, 'GET', '/v1/orgs');
    expect(json.orgs).toMatchObject([
      { kind: 'personal', isActive: false },
      { kind: 'shared', name: 'Acme', role: 'admin', isActive: true },
    ]);
    expect((await ask(admin, 'GET', '/v1/me')).json).toMatchObject({
      orgId: org.split('/')[3],
      role: 'admin',
    });
    expect((await ask(admin, 'GET', '/v1/sessions')).json.sessions).toHaveLength(1);
  });

  test('a request that is repeated with its Idempotency-Key makes one; with another body it is refused', async () => {
    const ada = await someone('ada');
    const first = await ask(ada, 'POST', '/v1/orgs', { name: 'Acme' }, 'once');
    expect((await ask(ada, 'POST', '/v1/orgs', { name: 'Acme' }, 'once')).json.id).toBe(first.json.id);
    expect((await ask(ada, 'POST', '/v1/orgs', { name: 'Other' }, 'once')).json.code).toBe(
      'idempotency_key_reused',
    );
    expect((await ask(ada, 'GET', '/v1/orgs')).json.orgs).toHaveLength(2);
  });

  test.each([{}, { name: '' }, { name: 'x'.repeat(101) }, { name: 'a', more: 1 }, []])(
    'refuses %o',
    async (body) => {
      expect((await ask(await someone('ada'), 'POST', '/v1/orgs', body)).json.code).toBe('bad_request');
    },
  );

  test('a key does not make one', async () => {
    const ada = await someone('ada');
    const headers = { authorization: `token ${await world.token(ada.cookie)}` };
    const answer = await world.fetch(`${main}/v1/orgs`, { method: 'POST', headers, body: '{"name":"Acme"}' });
    expect(await answer.json()).toMatchObject({ code: 'forbidden' });
  });
});

describe('roles', () => {
  test('a viewer and a member see who is there, and change nothing', async () => {
    const { admin, org } = await acme();
    for (const role of ['viewer', 'member']) {
      const guest = await invited(admin, org, role, role);
      expect((await ask(guest, 'GET', '/v1/me')).json.role).toBe(role);
      for (const path of ['', '/members', '/teams'])
        expect((await ask(guest, 'GET', `${org}${path}`)).status).toBe(200);
      const refused = [
        await ask(guest, 'PATCH', org, { name: 'Mine' }),
        await ask(guest, 'GET', `${org}/invitations`),
        await ask(guest, 'POST', `${org}/invitations`, {}),
        await ask(guest, 'PATCH', `${org}/members/${guest.userId}`, { role: 'admin' }),
        await ask(guest, 'DELETE', `${org}/members/${admin.userId}`),
        await ask(guest, 'POST', `${org}/teams`, { name: 'Team' }),
        await ask(guest, 'PUT', `${org}/policy`, { tier: 'paid', region: null, emailDomain: null }),
      ];
      expect(refused.map(({ status, json }) => [status, json.code])).toEqual([
        ...refused.slice(1).map(() => [403, 'forbidden']),
        [404, 'not_found'],
      ]);
    }
  });

  test('an organisation that one does not act in is not there', async () => {
    const { org } = await acme();
    const eve = await someone('eve');
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/members'],
      ['POST', '/invitations'],
      ['DELETE', '/teams/team-1'],
    ] as const)
      expect((await ask(eve, method, `${org}${path}`, method === 'POST' ? {} : undefined)).status).toBe(404);
    expect((await ask(eve, 'POST', '/v1/session/organisation', { orgId: org.split('/')[3] })).status).toBe(
      404,
    );
  });

  test('an operator sees every organisation and sets its policy, an admin does not', async () => {
    const { admin, org } = await acme();
    const root = await someone('root');
    const policy = {
      tier: 'enterprise',
      region: 'elsewhere',
      emailDomain: `${tag}.example`,
      quotas: { user: { workspaces: 5 } },
    };
    expect((await ask(admin, 'PUT', `${org}/policy`, policy)).status).toBe(404);
    expect((await ask(root, 'PUT', `${org}/policy`, { ...policy, region: 'nowhere' })).json.code).toBe(
      'bad_request',
    );
    expect((await ask(root, 'PUT', `${org}/policy`, policy)).json).toMatchObject({ region: 'elsewhere' });
    expect((await ask(root, 'GET', `${org}/members`)).json.members).toHaveLength(1);
  });

  test('what an admin asks of the audit log goes with his members’ requests within a minute', async () => {
    const { admin, org } = await acme();
    const bob = await invited(admin, org, 'bob', 'member');
    const said = async () => {
      const { json } = await ask(bob, 'GET', '/v1/echo');
      return principalSchema.parse(decodeJwt(json.headers[principalHeader])).audit;
    };
    expect(await said()).toBeUndefined();
    const policy = { kernelCode: true, reads: false, retentionDays: 400 };
    expect((await ask(bob, 'PUT', `${org}/audit-policy`, policy)).json.code).toBe('forbidden');
    expect((await ask(admin, 'PUT', `${org}/audit-policy`, policy)).json).toEqual(policy);
    expect((await ask(bob, 'GET', `${org}/audit-policy`)).json).toEqual(policy);
    await world.clock.advance(60_000);
    expect(await said()).toEqual({ code: true, days: 400 });
  });

  test('a new role counts within a minute, without signing in again', async () => {
    const { admin, org } = await acme();
    const bob = await invited(admin, org, 'bob', 'viewer');
    await world.clock.advance(2_000);
    expect((await ask(admin, 'PATCH', `${org}/members/${bob.userId}`, { role: 'admin' })).status).toBe(204);
    await world.clock.advance(60_000);
    expect((await ask(bob, 'GET', '/v1/me')).json.role).toBe('admin');
  });

  test('who is taken out is out within a minute, with every session, and is still himself elsewhere', async () => {
    const { admin, org } = await acme();
    const bob = await invited(admin, org, 'bob', 'member');
    await world.clock.advance(2_000);
    expect((await ask(admin, 'DELETE', `${org}/members/${bob.userId}`)).status).toBe(204);
    await world.clock.advance(60_000);
    expect((await ask(bob, 'GET', '/v1/me')).status).toBe(401);
    const again = await someone('bob');
    expect(again.userId).toBe(bob.userId);
    expect(again.orgId).not.toBe(bob.orgId);
    expect((await ask(again, 'GET', org)).status).toBe(404);
  });

  test('the last admin stays, and says why', async () => {
    const { admin, org } = await acme();
    await invited(admin, org, 'bob', 'member');
    for (const answer of [
      await ask(admin, 'POST', `${org}/leave`),
      await ask(admin, 'DELETE', `${org}/members/${admin.userId}`),
      await ask(admin, 'PATCH', `${org}/members/${admin.userId}`, { role: 'viewer' }),
    ])
      expect(answer.json).toMatchObject({ code: 'conflict', next: 'Make another member an admin first.' });
  });

  test('a member leaves by himself', async () => {
    const { admin, org } = await acme();
    const bob = await invited(admin, org, 'bob', 'member');
    expect((await ask(bob, 'POST', `${org}/leave`)).status).toBe(204);
    expect((await ask(admin, 'GET', `${org}/members`)).json.members).toHaveLength(1);
  });
});

describe('invitations', () => {
  test('the link is told once, opens a page that says what it is, and works once', async () => {
    const { admin, org } = await acme();
    const { json } = await ask(admin, 'POST', `${org}/invitations`, { role: 'viewer' }, 'key');
    expect((await ask(admin, 'POST', `${org}/invitations`, { role: 'viewer' }, 'key')).json.url).toBe(
      json.url,
    );
    const secret = json.url.split('.').at(-1);
    expect(JSON.stringify((await ask(admin, 'GET', `${org}/invitations`)).json)).not.toContain(secret);

    const stranger = await world.fetch(json.url);
    const path = new URL(json.url).pathname;
    expect(stranger.headers.get('location')).toBe(`/signin?next=${encodeURIComponent(path)}`);
    const bob = await someone('bob');
    const page = await (await world.fetch(json.url, { headers: { cookie: bob.cookie } })).text();
    expect(page).toContain('Join Acme');
    expect(page).toContain('viewer');

    const join = (origin: string) =>
      world.fetch(json.url, { method: 'POST', headers: { origin, cookie: bob.cookie } });
    expect((await join('https://evil.example')).status).toBe(403);
    expect((await join(main)).status).toBe(303);
    expect((await join(main)).status).toBe(410);
    expect((await ask(admin, 'GET', `${org}/invitations`)).json.invitations).toEqual([]);
  });

  test('one to an address is for that address alone', async () => {
    const { admin, org } = await acme();
    const { json } = await ask(admin, 'POST', `${org}/invitations`, { email: email('BOB'), role: 'member' });
    expect(json.email).toBe(email('bob'));
    const eve = await someone('eve');
    const headers = { origin: main, cookie: eve.cookie };
    expect((await world.fetch(json.url, { headers })).status).toBe(403);
    expect((await world.fetch(json.url, { method: 'POST', headers })).status).toBe(403);
    const bob = await someone('bob');
    const joined = await world.fetch(json.url, {
      method: 'POST',
      headers: { origin: main, cookie: bob.cookie },
    });
    expect(joined.status).toBe(303);
  });

  test('one that is taken back, or older than its time, is gone', async () => {
    const { admin, org } = await acme();
    const [back, old] = [
      (await ask(admin, 'POST', `${org}/invitations`, {})).json,
      (await ask(admin, 'POST', `${org}/invitations`, {})).json,
    ];
    expect((await ask(admin, 'DELETE', `${org}/invitations/${back.id}`)).status).toBe(204);
    expect((await ask(admin, 'DELETE', `${org}/invitations/${back.id}`)).status).toBe(404);
    expect((await world.fetch(back.url)).status).toBe(410);
    await world.clock.advance(limits.edge.invitationTtlMs);
    expect((await world.fetch(old.url)).status).toBe(410);
    for (const wrong of ['x', `${old.id}.x`, `${old.id}.${'x'.repeat(43)}`])
      expect((await world.fetch(`${main}/join/${wrong}`)).status).toBe(410);
  });

  test('nobody is invited to a personal organisation', async () => {
    const ada = await someone('ada');
    expect((await ask(ada, 'POST', `/v1/orgs/${ada.orgId}/invitations`, {})).json.code).toBe('conflict');
  });
});

test('teams are made, filled, listed and removed by an admin', async () => {
  const { admin, org } = await acme();
  const bob = await invited(admin, org, 'bob', 'member');
  const team = await ask(
    admin,
    'POST',
    `${org}/teams`,
    { name: 'Research', providerGroup: 'research' },
    'key',
  );
  expect(team.status).toBe(201);
  const path = `${org}/teams/${team.json.id}`;
  expect((await ask(admin, 'PUT', `${path}/members/${bob.userId}`)).status).toBe(204);
  expect((await ask(admin, 'PUT', `${path}/members/user-00000000000000000000`)).status).toBe(404);
  expect((await ask(bob, 'GET', `${org}/teams`)).json.teams).toMatchObject([
    { name: 'Research', members: [bob.userId] },
  ]);
  expect((await ask(admin, 'DELETE', `${path}/members/${bob.userId}`)).status).toBe(204);
  expect((await ask(admin, 'DELETE', path)).status).toBe(204);
  expect((await ask(admin, 'DELETE', path)).status).toBe(404);
});

describe('sessions', () => {
  test('one sees where one is signed in, and ends the others', async () => {
    const [here, there] = [await someone('ada'), await someone('ada')];
    const { json } = await ask(here, 'GET', '/v1/sessions');
    expect(json.sessions.map((one: { isThis: boolean }) => one.isThis)).toEqual([false, true]);
    expect((await ask(here, 'DELETE', `/v1/sessions/${json.sessions[0].id}`)).status).toBe(204);
    expect((await ask(there, 'GET', '/v1/me')).status).toBe(401);
    expect((await ask(here, 'GET', '/v1/me')).status).toBe(200);
    expect((await ask(here, 'DELETE', `/v1/sessions/${json.sessions[0].id}`)).status).toBe(404);
  });

  test('another’s is not there, and a key neither sees nor ends any', async () => {
    const [ada, eve] = [await someone('ada'), await someone('eve')];
    const id = (await ask(ada, 'GET', '/v1/sessions')).json.sessions[0].id;
    expect((await ask(eve, 'DELETE', `/v1/sessions/${id}`)).status).toBe(404);
    const headers = { authorization: `token ${await world.token(ada.cookie)}` };
    expect((await world.fetch(`${main}/v1/sessions`, { headers })).status).toBe(403);
  });
});

test('what was done is in the audit log, under names and ids, and a link’s secret is not', async () => {
  const { admin, org } = await acme();
  const { json } = await ask(admin, 'POST', `${org}/invitations`, { role: 'viewer' });
  const bob = await someone('bob');
  const headers = { origin: main, cookie: bob.cookie };
  expect((await world.fetch(json.url, { method: 'POST', headers })).status).toBe(303);
  await ask(admin, 'PATCH', `${org}/members/${bob.userId}`, { role: 'member' });
  const read = async () => (await ask(admin, 'GET', '/v1/edge-audit?limit=100')).json;
  const told = async () => {
    const { events }: { events: { what: string; which: { id: string }; who: { id: string } }[] } =
      await read();
    return events.map(({ what, which, who }) => [what, which.id, who.id]);
  };
  // The log is continued behind the answers.
  for (const event of [
    ['invitation.create', json.id, admin.userId],
    ['invitation.accept', json.id, bob.userId],
    ['member.role', bob.userId, admin.userId],
  ])
    await expect.poll(told).toContainEqual(event);
  expect(JSON.stringify(await read())).not.toContain(json.url.split('.').at(-1));
});
