/**
 * Every route that the edge answers itself, tried by every role on what is its own, its organisation's and
 * foreign, with every scope; expected is what the table in shared/src/access/access.ts says.
 */
import type { Caller, Relation } from '@cellbook/shared/access/access.ts';
import accessSource from '@cellbook/shared/access/access.ts?raw';
import { roleSchema, scopeSchema } from '@cellbook/shared/access/permissions.ts';
import { expectedOf, parseSpecTable } from '@cellbook/shared/access/testing/spec-table.ts';
import { httpStatusByCode } from '@cellbook/shared/errors.ts';
import { newOrgId, newUserId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { createWorld, main, type World } from '../testing/world.ts';
import type { Refusal } from './authorise.ts';
import type { EdgeRoute, GuardedRoute } from './edge-route.ts';
import { setCookie } from './identity/cookies.ts';
import { apiRoutes, pageRoutes } from './routes.ts';

const table = parseSpecTable(accessSource);
const isGuarded = (route: EdgeRoute): route is GuardedRoute => route.permission !== undefined;
const guarded = apiRoutes.filter(isGuarded);
/** Where no key counts at all. */
const guardedPages = pageRoutes.filter(isGuarded);
const refusals: Refusal[] = [];
let world: World;
let sub: ReturnType<typeof newUserId>;
let org: ReturnType<typeof newOrgId>;

beforeAll(async () => {
  world = await createWorld();
  world.edge.refused = (refusal) => void refusals.push(refusal);
  // Callers of every role, whom no directory knows.
  world.edge.standings = { current: async (identity) => identity, now: async (identity) => identity };
  [sub, org] = [newUserId(world.edge.random), newOrgId(world.edge.random)];
});

/** Relations that a route can be tried with: of an organisation's there are two. */
const relationsOf = ({ about, path }: GuardedRoute): Relation[] => {
  if (about === 'caller') return ['own'];
  if (about === 'platform') return ['foreign'];
  return path.includes(':orgId') ? ['org', 'foreign'] : ['org'];
};

async function attempt(route: GuardedRoute, relation: Relation, caller: Caller): Promise<Response> {
  const iat = Math.floor(world.clock.nowMs() / 1_000);
  const kind = caller.via === 'token' ? 'token' : 'session';
  const credential = await world.edge.credentials.mint(kind, {
    ...{ sub, org, name: 'Ada', tier: 'free', region: regionIdSchema.parse('local') },
    ...{ role: caller.role, scopes: caller.scopes === null ? null : [...caller.scopes] },
    ...{ jti: crypto.randomUUID(), iat, exp: iat + 600 },
  });
  const orgId = relation === 'foreign' ? newOrgId(world.edge.random) : org;
  const path = route.path.replace(':orgId', orgId).replace(/:\w+/g, 'x');
  const identity: Record<string, string> =
    kind === 'token'
      ? { authorization: `token ${credential}` }
      : { origin: main, cookie: setCookie('session', credential, 600, false).split(';')[0] ?? '' };
  return world.fetch(`${main}${path}`, { method: route.method, headers: identity });
}

async function expectAsTable(route: GuardedRoute, relation: Relation, caller: Caller): Promise<void> {
  const before = refusals.length;
  const answer = await attempt(route, relation, caller);
  const told = refusals.slice(before);
  const byTable = expectedOf(table, caller, route.permission, relation);
  const notByKey =
    caller.via === 'token' &&
    (route.byKey === 'never' || (route.byKey === 'scoped' && caller.scopes === null));
  const expected = byTable === 'allowed' && notByKey ? 'forbidden' : byTable;
  const what = `${route.method} ${route.path} ${JSON.stringify(caller)} ${relation}: ${expected}`;
  if (expected === 'allowed') {
    expect(told, what).toEqual([]);
    expect(answer.status, what).not.toBe(401);
    await answer.body?.cancel();
    return;
  }
  expect(answer.status, what).toBe(httpStatusByCode[expected]);
  expect(await answer.json(), what).toMatchObject({
    code: expected,
    reason: expect.any(String),
    next: expect.any(String),
  });
  expect(told, what).toHaveLength(1);
  expect(told[0], what).toMatchObject({ identity: { sub }, error: { code: expected } });
}

describe('every route of the edge', () => {
  test('names a permission, or says why it is open', () => {
    for (const route of [...pageRoutes, ...apiRoutes])
      expect(route.permission ?? route.open, `${route.method} ${route.path}`).toBeTruthy();
    const names = [...pageRoutes, ...apiRoutes].map(({ method, path }) => `${method} ${path}`);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining(['GET /v1/me', 'POST /v1/keys', 'GET /v1/orgs/:orgId/keys']),
    );
  });

  test.each(roleSchema.options)('lets a person who is %s do what the table says', async (role) => {
    for (const route of [...guarded, ...guardedPages])
      for (const relation of relationsOf(route))
        await expectAsTable(route, relation, { role, scopes: null, via: 'session' });
  });

  test.each(['member', 'operator'] as const)('lets the unrestricted key of a %s do less', async (role) => {
    for (const route of guarded)
      for (const relation of relationsOf(route))
        await expectAsTable(route, relation, { role, scopes: null, via: 'token' });
  });

  test.each(scopeSchema.options)('lets an operator’s key with the scope %s do no more', async (scope) => {
    for (const route of guarded)
      for (const relation of relationsOf(route))
        await expectAsTable(route, relation, { role: 'operator', scopes: [scope], via: 'token' });
  });

  test('refuses who is nobody', async () => {
    for (const { method, path } of [...guarded, ...guardedPages]) {
      const answer = await world.fetch(`${main}${path.replace(/:\w+/g, 'x')}`, {
        method,
        headers: { origin: main },
      });
      expect([answer.status, (await answer.json<{ code: string }>()).code], path).toEqual([
        401,
        'unauthenticated',
      ]);
    }
  });
});
