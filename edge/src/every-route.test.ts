/**
 * Every route that the edge answers itself, tried by every role on what is its own, its organisation's and
 * foreign, with every scope; expected is what the table in shared/src/access/access.ts says of the permission that
 * testing/route-table.ts means for it. Each refusal is a row of the audit log in D1.
 */
import { env } from 'cloudflare:workers';
import type { Caller, Relation } from '@cellbook/shared/access/access.ts';
import accessSource from '@cellbook/shared/access/access.ts?raw';
import { roleSchema, scopeSchema } from '@cellbook/shared/access/permissions.ts';
import { expectedOf, parseSpecTable } from '@cellbook/shared/access/testing/spec-table.ts';
import { httpStatusByCode } from '@cellbook/shared/errors.ts';
import { newOrgId, newUserId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { requestIdHeader } from '@cellbook/shared/protocol/principal.ts';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { routeTable } from '../testing/route-table.ts';
import { createWorld, main, type World } from '../testing/world.ts';
import { createRefusalCounts } from './audit/record-audit.ts';
import type { Refusal } from './authorise.ts';
import type { EdgeRoute, GuardedRoute } from './edge-route.ts';
import { handle } from './handle.ts';
import { setCookie } from './identity/cookies.ts';
import { apiRoutes, pageRoutes } from './routes.ts';

const table = parseSpecTable(accessSource);
const isGuarded = (route: EdgeRoute): route is GuardedRoute => route.permission !== undefined;
const guarded = apiRoutes.filter(isGuarded);
/** Where no key counts at all. */
const guardedPages = pageRoutes.filter(isGuarded);
const refusals: Refusal[] = [];
/** What must be in the log, by the request's id. */
const expectedRows = new Map<string, { code: string; actor: string; route: string | null }>();
let world: World;
let settle: () => Promise<void>;
let sub: ReturnType<typeof newUserId>;
let org: ReturnType<typeof newOrgId>;

beforeAll(async () => {
  world = await createWorld();
  const { refused, audit } = world.edge;
  world.edge.refused = (refusal) => {
    refusals.push(refusal);
    refused?.(refusal);
  };
  // Kept at each refusal, chained at the end of a test: a thousand times one by one would take a minute.
  settle = audit.settle;
  audit.settle = async () => undefined;
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
  return send(path, { method: route.method, headers: identity });
}

/** What goes on behind the answer is waited for; of one kind of refusal each is recorded, not one a minute. */
async function send(path: string, init: RequestInit): Promise<Response> {
  const behind: Promise<unknown>[] = [];
  world.edge.refusals = createRefusalCounts();
  const request = new Request(`${main}${path}`, { redirect: 'manual', ...init });
  const answer = await handle(world.edge, request, (work) => void behind.push(work));
  await Promise.all(behind);
  return answer;
}

const bodySchema = z.object({
  what: z.literal('access.refused'),
  who: z.object({ id: z.string() }),
  from: z.object({ request: z.string() }),
  result: z.object({ outcome: z.literal('refused'), code: z.string() }),
  details: z.object({ route: z.string().optional() }),
});

afterEach(async () => {
  await settle();
  const { results } = await env.DIRECTORY.prepare(
    `SELECT body FROM audit_events WHERE action = 'access.refused'`,
  ).all<{ body: string }>();
  const found = new Map<string, unknown>();
  for (const { body } of results) {
    const { who, from, result, details } = bodySchema.parse(JSON.parse(body));
    expect(found.has(from.request), from.request).toBe(false);
    found.set(from.request, { code: result.code, actor: who.id, route: details.route ?? null });
  }
  for (const [request, row] of expectedRows) expect(found.get(request), JSON.stringify(row)).toEqual(row);
});

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
  expectedRows.set(told[0]?.ask.requestId ?? '', { code: expected, actor: sub, route: route.path });
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

  test('declares the permission that is meant for it', () => {
    const declared = [...pageRoutes, ...apiRoutes].map((route) => {
      const { method, path } = route;
      if (!isGuarded(route)) return `${method} ${path} open`;
      const byKey = route.byKey === undefined ? '' : `, ${route.byKey}`;
      return `${method} ${path} ${route.permission} of ${route.about}${byKey}`;
    });
    expect(declared.sort()).toEqual([...routeTable].sort());
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
      const answer = await send(path.replace(/:\w+/g, 'x'), { method, headers: { origin: main } });
      const request = answer.headers.get(requestIdHeader) ?? '';
      expectedRows.set(request, { code: 'unauthenticated', actor: '', route: null });
      expect([answer.status, (await answer.json<{ code: string }>()).code], path).toEqual([
        401,
        'unauthenticated',
      ]);
    }
  });
});
