/** What somebody's credential says, and what he is: the two differ for a minute, and not for longer. */
import { env } from 'cloudflare:workers';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { newOrgId, newUserId, type OrgId, regionIdSchema, type UserId } from '@cellbook/shared/ids.ts';
import { memberSubject } from '@cellbook/shared/protocol/standing-api.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { describe, expect, test } from 'vitest';
import { createWorld, main, type World } from '../../testing/world.ts';
import type { Identity, Person } from '../identity/identity.ts';
import { createD1Orgs } from './d1-orgs.ts';
import { createD1People } from './d1-people.ts';
import { createStandings } from './standing.ts';

const address = (name: string) => `${name}-${systemRandom.uuid()}@example.org`;
const meOf = async (world: World, headers: Record<string, string>) => {
  const answer = await world.fetch(`${main}/v1/me`, { headers });
  return {
    status: answer.status,
    ...(await answer.json<{ role?: string; userId?: string; orgId?: string }>()),
  };
};
const bearer = (key: string) => ({ authorization: `token ${key}` });

const cookieOf = (answer: Response) => answer.headers.get('set-cookie')?.split(';')[0] ?? '';
const send = (by: World, cookie: string, method: string, path: string, body?: unknown) =>
  by.fetch(path.startsWith('http') ? path : main + path, {
    ...{ method, headers: { origin: main, cookie } },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

/** An organisation with an admin and another one, who came by a link an hour ago. */
async function acme() {
  const world = await createWorld();
  const maker = await world.signIn(address('ada'));
  const { id: org } = await (await send(world, maker, 'POST', '/v1/orgs', { name: 'Acme' })).json<{
    id: string;
  }>();
  const admin = cookieOf(await send(world, maker, 'POST', '/v1/session/organisation', { orgId: org }));
  const made = await send(world, admin, 'POST', `/v1/orgs/${org}/invitations`, { role: 'admin' });
  const { url } = await made.json<{ url: string }>();
  const cookie = cookieOf(await send(world, await world.signIn(address('eve')), 'POST', url));
  const guest = { cookie, userId: (await meOf(world, { cookie })).userId ?? '' };
  await world.clock.advance(3_600_000);
  return { world, org, admin, guest };
}

describe('a credential made by an isolate that has not heard of a change', () => {
  test.each([
    ['of somebody who was taken out is worth nothing', 'DELETE', undefined, 401, undefined],
    ['of somebody who has another role is worth that', 'PATCH', { role: 'viewer' }, 200, 'viewer'],
  ])('%s', async (_, method, body, status, role) => {
    const { world, org, admin, guest } = await acme();
    const behind = world.anotherIsolate(world.clock);
    expect((await meOf(behind, { cookie: guest.cookie })).role).toBe('admin');
    const path = `/v1/orgs/${org}/members/${guest.userId}`;
    expect((await send(world, admin, method, path, body)).status).toBe(204);
    await world.clock.advance(5_000);
    const made = await send(behind, guest.cookie, 'POST', '/v1/keys', { name: 'kept', expiresInDays: 366 });
    const { key } = await made.json<{ key: string }>();
    await world.clock.advance(60_000);
    for (const isolate of [world, behind]) {
      const me = await meOf(isolate, bearer(key));
      expect([me.status, me.role]).toEqual([status, role]);
    }
  });
});

describe('an isolate that has not heard of a change', () => {
  test('lets who was taken out leave nothing behind in the organisation', async () => {
    const { world, org, admin, guest } = await acme();
    const behind = world.anotherIsolate(world.clock);
    expect((await meOf(behind, { cookie: guest.cookie })).role).toBe('admin');
    const taken = await send(world, admin, 'DELETE', `/v1/orgs/${org}/members/${guest.userId}`);
    expect(taken.status).toBe(204);
    expect((await meOf(behind, { cookie: guest.cookie })).role).toBe('admin');
    for (const [path, body] of [
      ['invitations', { role: 'admin' }],
      ['service-accounts', { name: 'kept', role: 'admin' }],
    ] as const)
      expect((await send(behind, guest.cookie, 'POST', `/v1/orgs/${org}/${path}`, body)).status).toBe(401);
  });
});

test('a change by an isolate whose clock is behind is seen by who has read one that another wrote before', async () => {
  const { world, org, guest } = await acme();
  const { orgs } = world.edge;
  const id = org as OrgId;
  const policy = { tier: 'paid', region: null, emailDomain: null, quotas: {} } as const;
  await orgs.setPolicy(id, policy, world.clock.nowMs() + 5_000);
  await world.clock.advance(60_000);
  expect((await meOf(world, { cookie: guest.cookie })).role).toBe('admin');
  await orgs.setRole(id, guest.userId as UserId, 'viewer', world.clock.nowMs() - 120_000);
  await world.clock.advance(60_000);
  expect((await meOf(world, { cookie: guest.cookie })).role).toBe('viewer');
});

describe('an isolate that has not heard that a session was ended', () => {
  test('writes nothing for it that would outlive it: no key, no command line, no organisation', async () => {
    const world = await createWorld();
    const cookie = await world.signIn(address('ada'));
    const behind = world.anotherIsolate(world.clock);
    expect((await meOf(behind, { cookie })).status).toBe(200);
    expect((await send(world, cookie, 'POST', '/signout')).status).toBe(303);
    expect((await meOf(behind, { cookie })).status).toBe(200);
    for (const [path, body] of [
      ['/v1/keys', { name: 'kept', expiresInDays: 366 }],
      ['/v1/tokens', { name: 'kept' }],
      ['/v1/orgs', { name: 'kept' }],
      ['/device', undefined],
    ] as const)
      expect([path, (await send(behind, cookie, 'POST', path, body)).status]).toEqual([path, 401]);
  });
});

describe('an operator', () => {
  test('whom the configuration names no longer is one no longer, with the keys he has', async () => {
    const root = address('root');
    const before = await createWorld({ CELLBOOK_OPERATORS: root });
    const key = await before.token(await before.signIn(root));
    await before.clock.advance(3_600_000);
    expect((await meOf(before, bearer(key))).role).toBe('operator');
    const after = await createWorld();
    expect((await meOf(after, bearer(key))).role).toBe('admin');
  });

  const identity = {
    ...{ sub: newUserId(systemRandom), org: newOrgId(systemRandom), name: 'Root', tier: 'free' },
    ...{ region: regionIdSchema.parse('local'), role: 'operator', scopes: null, jti: 'one', via: 'token' },
    ...{ iat: 1_000_000, exp: 2_000_000 },
  } satisfies Identity;
  const down = new Error('the directory is down');
  const standingsWith = (changedAtMs: number | null, answers: (Person | null | Error)[]) => {
    const failures: unknown[] = [];
    const standings = createStandings({
      changes: { get: async () => new Map(changedAtMs === null ? [] : [[identity.sub, changedAtMs]]) },
      async personIn() {
        const answer = answers.shift();
        if (answer instanceof Error) throw answer;
        return answer ?? null;
      },
      onFailure: (problem) => failures.push(problem),
    });
    return { failures, current: () => standings.current(identity, () => undefined) };
  };

  test('is believed while the directory is down, and read when it is back', async () => {
    const { failures, current } = standingsWith(null, [down, { ...identity, role: 'member' }]);
    expect(await current()).toEqual(identity);
    expect(failures).toEqual([down]);
    expect((await current())?.role).toBe('member');
    expect((await current())?.role).toBe('member');
  });

  test('about whom something changed waits like anybody', async () => {
    await expect(standingsWith(identity.iat * 1_000, [down]).current()).rejects.toBe(down);
  });
});

test('somebody who was taken out and comes back by signing in is seen anew', async () => {
  await createWorld();
  const clock = new ManualClock(1_000_000);
  const db = env.DIRECTORY;
  const people = createD1People({ db, clock, random: systemRandom, operators: new Set() });
  const orgs = createD1Orgs({ db, clock });
  const region = regionIdSchema.parse('local');
  const login = (name: string, email: string) =>
    people.signIn(
      { issuer: 'https://id.example', subject: systemRandom.uuid(), name, email, groups: null },
      region,
    );
  const domain = `${systemRandom.uuid()}.example`;
  const ada = await login('Ada', `ada@${domain}.test`);
  const { id } = await orgs.create(
    { id: newOrgId(systemRandom), name: 'Acme', ownerId: ada.sub },
    clock.nowMs(),
  );
  await orgs.setPolicy(id, { tier: 'free', region: null, emailDomain: domain, quotas: {} }, clock.nowMs());
  const subject = systemRandom.uuid();
  const bob = { issuer: 'https://id.example', subject, name: 'Bob', email: `bob@${domain}`, groups: null };
  const { sub } = await people.signIn(bob, region);
  const changedAt = async () =>
    (await db
      .prepare('SELECT at FROM changes WHERE subject = ?')
      .bind(memberSubject(sub, id))
      .first<number>('at')) ?? 0;
  expect(await changedAt()).toBe(0);
  await orgs.removeMember(id, sub, clock.nowMs());
  const removedMs = await changedAt();
  expect(removedMs).toBeGreaterThan(0);
  await people.signIn(bob, region);
  const backMs = await changedAt();
  expect(backMs).toBeGreaterThan(removedMs);
  // Signing in once more changes nothing.
  await clock.advance(10);
  await people.signIn(bob, region);
  expect(await changedAt()).toBe(backMs);
});
