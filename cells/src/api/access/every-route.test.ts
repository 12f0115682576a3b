/**
 * Every route of the cell, as it is really put together, tried by every role on what is its own, its
 * organisation's and foreign; expected is what the table in shared/src/access/access.ts says. The gate decides
 * before a body is read, so a write that it lets pass is sent with a body that is too large for any handler.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import type { Caller, Relation } from '@cellbook/shared/access/access.ts';
import { type Permission, roleSchema, scopeSchema } from '@cellbook/shared/access/permissions.ts';
import { expectedOf, parseSpecTable, relations } from '@cellbook/shared/access/testing/spec-table.ts';
import { systemClock } from '@cellbook/shared/clock.ts';
import { httpStatusByCode } from '@cellbook/shared/errors.ts';
import { newOrgId, newRequestId, newUserId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { principalHeader, requestIdHeader } from '@cellbook/shared/protocol/principal.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestDatabase } from '../../db/test-database.ts';
import { upTo } from '../../quotas/allowance.ts';
import { type AssembledCell, assembleTestCell } from '../../testing/assembled-cell.ts';
import type { TestEdge } from '../../testing/test-edge.ts';
import { type AccessDecided, accessChannel, type RouteAccess } from './access-hook.ts';

const accessFile = new URL('../../../../shared/src/access/access.ts', import.meta.url);
const table = parseSpecTable(readFileSync(accessFile, 'utf8'));

type Guarded = RouteAccess & { permission: Permission };

let parts: AssembledCell['parts'];
let edge: TestEdge;
let database: TestDatabase;
let cell: AssembledCell;
const org = newOrgId(systemRandom);
const me = newUserId(systemRandom);
const workspaces: Record<Relation, string> = { own: '', org: '', foreign: '' };
const decisions = new Map<string, AccessDecided>();
const note = (message: unknown) => {
  const decision = message as AccessDecided;
  decisions.set(decision.requestId, decision);
};

beforeAll(async () => {
  cell = await assembleTestCell();
  ({ parts, edge, database } = cell);
  for (const relation of relations) workspaces[relation] = await makeWorkspace(relation);
  subscribe(accessChannel, note);
}, 60_000);

afterAll(async () => {
  unsubscribe(accessChannel, note);
  await cell?.stop();
}, 60_000);

async function makeWorkspace(relation: Relation): Promise<string> {
  const id = newWorkspaceId(systemRandom);
  const row = {
    ...({ id, tier: 'free', name: relation, desired: 'suspended', idleSuspendSeconds: null } as const),
    ownerId: relation === 'own' ? me : newUserId(systemRandom),
    orgId: relation === 'foreign' ? newOrgId(systemRandom) : org,
  };
  await parts.stores.store.create({ ...row, nowMs: systemClock.nowMs(), createKey: id }, upTo(10));
  await parts.volumes.create(id);
  return id;
}

interface Tried {
  requestId: string;
  status: number;
  body: { code?: string; reason?: string; next?: string };
  decision: AccessDecided | undefined;
}

async function attempt(route: Guarded, relation: Relation, claims: Record<string, unknown>): Promise<Tried> {
  const requestId = newRequestId(systemRandom);
  const url = route.url.replace(':workspaceId', workspaces[relation]).replace(/:\w+|\*/g, 'x');
  const isWrite = !['GET', 'HEAD'].includes(route.method);
  const response = await parts.app.inject({
    method: route.method as 'GET',
    url,
    headers: {
      [principalHeader]: await edge.sign({ sub: me, org, ...claims }),
      [requestIdHeader]: requestId,
      ...(isWrite && { 'content-type': 'application/json', 'content-length': String(2 ** 40) }),
    },
    ...(isWrite && { payload: '{}' }),
    // An endless answer (events) is over for us when it has begun.
    payloadAsStream: true,
  });
  const isRefusal = response.statusCode >= 400 && route.method !== 'HEAD';
  const chunks: Buffer[] = [];
  if (isRefusal) for await (const chunk of response.stream()) chunks.push(Buffer.from(chunk));
  else response.stream().destroy();
  const text = Buffer.concat(chunks).toString();
  const body = text.startsWith('{') ? (JSON.parse(text) as Tried['body']) : {};
  return { requestId, status: response.statusCode, body, decision: decisions.get(requestId) };
}

const guarded = (): Guarded[] =>
  parts.app.routeAccess.filter((route): route is Guarded => route.permission !== null);
const isOfWorkspace = ({ url }: RouteAccess) => url.includes(':workspaceId');
const refusals = new Set<string>();

async function expectAsTable(route: Guarded, relation: Relation, caller: Caller, extra = {}): Promise<void> {
  const tried = await attempt(route, relation, { ...caller, ...extra });
  // What a route without a workspace is about it says itself.
  const about = isOfWorkspace(route) ? relation : (tried.decision?.relation ?? 'own');
  const expected = expectedOf(table, caller, route.permission, about);
  const what = `${route.method} ${route.url} ${JSON.stringify(caller)} ${about}: ${expected}`;
  expect(tried.decision, what).toBeDefined();
  if (isOfWorkspace(route) && tried.decision?.because !== 'origin')
    expect(tried.decision?.relation, what).toBe(relation);
  if (expected === 'allowed') {
    expect(tried.decision?.because, what).toBeNull();
    return;
  }
  refusals.add(tried.requestId);
  expect(tried.decision?.because, what).not.toBeNull();
  expect(tried.status, what).toBe(httpStatusByCode[expected]);
  if (route.method === 'HEAD') return;
  expect(tried.body, what).toMatchObject({
    code: expected,
    reason: expect.any(String),
    next: expect.any(String),
  });
}

describe('every route of the cell', () => {
  it('is there: lifecycle, files, kernels, sockets, lab, secrets, audit', () => {
    const urls = new Set(parts.app.routeAccess.map(({ method, url }) => `${method} ${url}`));
    for (const one of [
      'POST /v1/workspaces',
      'POST /v1/workspaces/:workspaceId/resume',
      'GET /v1/events',
      'GET /v1/usage',
      'PUT /w/:workspaceId/api/contents/*',
      'GET /w/:workspaceId/files/*',
      'POST /w/:workspaceId/api/kernels',
      'GET /w/:workspaceId/api/kernels/:kernelId/channels',
      'GET /w/:workspaceId/terminals/websocket/:name',
      'PUT /w/:workspaceId/lab/api/settings/*',
      'GET /v1/secrets',
      'GET /v1/audit',
    ])
      expect(urls).toContain(one);
    expect(guarded().length).toBeGreaterThan(90);
  });

  it('is open to anybody in these cases alone', () => {
    const open = parts.app.routeAccess.filter(
      ({ permission, method }) => permission === null && method !== 'HEAD',
    );
    expect(open.map(({ method, url }) => `${method} ${url}`).sort()).toEqual([
      'GET /healthz',
      'GET /metrics',
      'GET /readyz',
      'GET /v1/openapi.json',
      // Its body is signed by the edge, which is what admits it.
      'PUT /standing',
    ]);
  });

  it('asks for more than reading where it changes something, or runs code', () => {
    const lenient = guarded().filter(({ method, permission }) => {
      const isRead = method === 'GET' || method === 'HEAD';
      return !isRead && /[.](read|list)$/.test(permission);
    });
    // The browser's report of a page that broke its policy: it is logged, and changes nothing.
    expect(lenient.map(({ url }) => url)).toEqual(['/w/:workspaceId/api/security/csp-report']);
    const strict = guarded().filter(
      ({ method, permission }) => method === 'GET' && permission === 'notebook.use',
    );
    expect(strict.map(({ url }) => url).sort()).toEqual([
      '/w/:workspaceId/api/kernels/:kernelId/channels',
      '/w/:workspaceId/nbconvert/:format/*',
      '/w/:workspaceId/terminals/websocket/:name',
    ]);
  });

  it.each(roleSchema.options.flatMap((role) => relations.map((relation) => ({ role, relation }))))(
    'lets a $role do to $relation things what the table says, and refuses the rest by its name',
    async ({ role, relation }) => {
      const caller: Caller = { role, scopes: null, via: 'session' };
      const routes = guarded().filter((route) => relation === 'own' || isOfWorkspace(route));
      await Promise.all(routes.map((route) => expectAsTable(route, relation, caller)));
    },
  );

  it.each(scopeSchema.options)('lets a key with the scope %s do no more than the scope', async (scope) => {
    const caller: Caller = { role: 'operator', scopes: [scope], via: 'token' };
    await Promise.all(guarded().map((route) => expectAsTable(route, 'own', caller)));
  });

  it('lets a page of a workspace reach its notebooks and nothing else', async () => {
    const caller: Caller = { role: 'admin', scopes: null, via: 'workspace' };
    const own = guarded().filter(isOfWorkspace);
    await Promise.all(own.map((route) => expectAsTable(route, 'own', caller, { ws: workspaces.own })));
    for (const route of guarded()) {
      const tried = await attempt(route, 'org', { ...caller, ws: workspaces.own });
      expect([tried.status, tried.decision?.because], `${route.method} ${route.url}`).toEqual([
        403,
        'origin',
      ]);
      refusals.add(tried.requestId);
    }
  });

  it('has each refusal in the audit log', async () => {
    expect(refusals.size).toBeGreaterThan(1_000);
    const rows = await database.database.$client`select body from audit_events where outcome = 'refused'`;
    const recorded = new Set(rows.map((row) => JSON.parse(String(row.body)).from.request as string));
    expect([...refusals].filter((requestId) => !recorded.has(requestId))).toEqual([]);
  });
});

describe('a route without a permission', () => {
  it('cannot be registered', async () => {
    const { fastify } = await import('fastify');
    const { addAccessHook } = await import('./access-hook.ts');
    const app = fastify();
    addAccessHook(app, { principals: { verify: async () => Promise.reject() }, tenantOf: async () => null });
    expect(() => app.get('/v1/forgotten', async () => 'x')).toThrow('names no permission');
    await app.close();
  });
});
