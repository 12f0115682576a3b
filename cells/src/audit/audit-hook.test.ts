/** The cell's real server on a real Postgres: what becomes an event, and that nothing is answered without it. */
import { newOrgId, newUserId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { auditPageSchema } from '@cellbook/shared/protocol/audit.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../api/access/route-access.ts';
import { type ApiServer, startApiServer } from '../api/testing/api-server.ts';
import { noteAudit } from './note-audit.ts';

const org = newOrgId(systemRandom);
let api: ApiServer;
beforeAll(async () => {
  api = await startApiServer({
    routes(app) {
      app.put('/v1/new-things/:name', needs('secret.write'), async () => ({ made: true }));
      app.post(
        '/v1/named',
        { config: { ...needs('secret.write').config, audit: 'secret.put' } },
        async (request) => {
          noteAudit(request, { which: { kind: 'secret', id: 'AWS_KEY' }, details: { version: 3 } });
          return {};
        },
      );
      app.post('/v1/broken', needs('secret.write'), async () => {
        throw new Error('a bug');
      });
    },
  });
});
afterAll(() => api.stop());

const newest = async () => (await api.audit.events()).at(-1);
const count = async () => (await api.audit.events()).length;

describe('what becomes an event', () => {
  it('a write: who, what, which, from where, with which result', async () => {
    const { body } = await api.call('POST', '/v1/workspaces', {
      body: { name: 'a' },
      headers: {
        'idempotency-key': 'audited',
        'user-agent': 'test/1',
        'cellbook-client-address': '192.0.2.9',
        traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`,
      },
      claims: { org, role: 'admin', cred: 'key-7', via: 'token' },
    });
    expect(await newest()).toMatchObject({
      who: { kind: 'user', id: api.userId, org, role: 'admin', cred: 'key-7', via: 'token' },
      what: 'workspace.create',
      which: { kind: 'workspace', id: body.id },
      from: { address: '192.0.2.9', agent: 'test/1', trace: 'ab'.repeat(16) },
      result: { outcome: 'ok', code: null, status: 201 },
      org,
    });
  });

  it('a write of a route that says nothing about it, as api.write with its path and not its body', async () => {
    await api.call('PUT', '/v1/new-things/one', { body: { password: 'hunter2' } });
    const event = await newest();
    expect(event).toMatchObject({
      what: 'api.write',
      details: { route: '/v1/new-things/:name', name: 'one' },
    });
    expect(JSON.stringify(event)).not.toContain('hunter2');
  });

  it('what a route and its handler say of it', async () => {
    await api.call('POST', '/v1/named', { body: {} });
    expect(await newest()).toMatchObject({
      what: 'secret.put',
      which: { kind: 'secret', id: 'AWS_KEY' },
      details: { version: 3 },
    });
  });

  it('a write that is refused by its handler, and one that fails', async () => {
    const path = `/v1/workspaces/${(await api.create()).body.id}`;
    await api.call('POST', `${path}/undelete`, { headers: { 'idempotency-key': 'x' } });
    await api.call('DELETE', path);
    await api.call('POST', `${path}/resume`);
    expect(await newest()).toMatchObject({
      what: 'workspace.resume',
      result: { outcome: 'refused', code: 'gone', status: 410 },
    });
    await api.call('POST', '/v1/broken', { body: {} });
    expect(await newest()).toMatchObject({ result: { outcome: 'failed', code: 'internal', status: 500 } });
  });

  it('a write whose body does not fit', async () => {
    await api.call('POST', '/v1/workspaces', { text: '{', headers: { 'idempotency-key': 'y' } });
    expect(await newest()).toMatchObject({ what: 'workspace.create', result: { code: 'malformed_json' } });
  });

  it('every refusal of the gate: nobody, a role too small, a scope missing, another’s thing', async () => {
    const { body } = await api.create();
    const path = `/v1/workspaces/${body.id}`;
    const expected: [Parameters<ApiServer['call']>, string, string][] = [
      [['GET', path, { headers: { 'cellbook-principal': 'forged' } }], 'access.refused', 'unauthenticated'],
      [['DELETE', path, { claims: { role: 'viewer' } }], 'workspace.delete', 'forbidden'],
      [
        ['GET', path, { claims: { scopes: ['secrets'], via: 'token' } }],
        'access.refused',
        'scope_insufficient',
      ],
      [['GET', path, { claims: { sub: newUserId(systemRandom) } }], 'access.refused', 'not_found'],
    ];
    for (const [call, what, code] of expected) {
      await api.call(...call);
      expect(await newest()).toMatchObject({ what, result: { outcome: 'refused', code } });
    }
  });

  it('not a read, not a path without a route, not health, not a 404 behind the gate', async () => {
    const before = await count();
    await api.call('GET', '/v1/workspaces');
    await api.call('GET', '/healthz');
    await api.call('POST', '/v1/nothing/here', { body: {} });
    expect(await count()).toBe(before);
  });

  it('a read of a notebook only where the organisation asked for it', async () => {
    const path = `/w/${(await api.create()).body.id}/api/status`;
    const before = await count();
    expect((await api.call('GET', path)).status).toBe(200);
    expect(await count()).toBe(before);
    await api.call('GET', path, { claims: { audit: { reads: true } } });
    expect(await newest()).toMatchObject({ what: 'content.read', result: { outcome: 'ok' } });
  });

  it('an event of what an operator did stands in the organisation he did it to, a refusal in the caller’s own', async () => {
    const { body } = await api.call('POST', '/v1/workspaces', {
      ...{ body: { name: 'theirs' }, claims: { org }, headers: { 'idempotency-key': 'theirs' } },
    });
    const [operators, stranger] = [newOrgId(systemRandom), newUserId(systemRandom)];
    const path = `/v1/workspaces/${body.id}`;
    await api.call('POST', `${path}/suspend`, {
      claims: { sub: stranger, org: operators, role: 'operator' },
    });
    expect(await newest()).toMatchObject({
      org,
      which: { owner: api.userId, org },
      result: { outcome: 'ok' },
    });
    await api.call('POST', `${path}/suspend`, { claims: { sub: stranger, org: operators, role: 'admin' } });
    expect(await newest()).toMatchObject({ org: operators, result: { code: 'not_found' } });
  });
});

describe('reading it', () => {
  const read = async (query: string, claims: Record<string, unknown>) => {
    const answer = await api.call('GET', `/v1/audit${query}`, { claims });
    expect(answer.status).toBe(200);
    return auditPageSchema.parse(answer.body);
  };

  it('shows a member his own, an admin his organisation’s, an operator all', async () => {
    const [ours, ada, eve] = [newOrgId(systemRandom), newUserId(systemRandom), newUserId(systemRandom)];
    for (const sub of [ada, eve])
      await api.call('POST', '/v1/named', { body: {}, claims: { sub, org: ours } });
    const actors = async (claims: Record<string, unknown>) =>
      new Set((await read('?limit=100', claims)).events.map(({ who }) => who.id));
    expect(await actors({ sub: ada, org: ours, role: 'member' })).toEqual(new Set([ada]));
    expect(await actors({ sub: ada, org: ours, role: 'admin' })).toEqual(new Set([ada, eve]));
    expect((await actors({ sub: ada, org: ours, role: 'operator' })).size).toBeGreaterThan(2);
    const refused = await api.call('GET', '/v1/audit?scope=organisation', {
      claims: { sub: ada, org: ours, role: 'member' },
    });
    expect(refused).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  it('comes in pages that fit together, and by filters', async () => {
    const claims = { sub: newUserId(systemRandom), org: newOrgId(systemRandom) };
    for (let made = 0; made < 5; made++) await api.call('POST', '/v1/named', { body: {}, claims });
    const first = await read('?limit=2', claims);
    const second = await read(`?limit=2&cursor=${first.nextCursor}`, claims);
    const third = await read(`?limit=2&cursor=${second.nextCursor}`, claims);
    const ids = [first, second, third].flatMap(({ events }) => events.map(({ id }) => id));
    expect([ids.length, new Set(ids).size, third.nextCursor]).toEqual([5, 5, null]);
    expect((await read('?action=workspace.delete', claims)).events).toEqual([]);
    expect((await read('?resource=AWS_KEY&limit=100', claims)).events).toHaveLength(5);
  });

  it('is exported as lines, oldest first, in our form or ECS, goes on from a line, and is an event itself', async () => {
    const claims = { sub: newUserId(systemRandom), org: newOrgId(systemRandom) };
    for (let made = 0; made < 3; made++) await api.call('POST', '/v1/named', { body: {}, claims });
    const lines = async (query: string) =>
      (await api.download(`/v1/audit/export${query}`, claims))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { seq: number; event: { id: string; action?: string } });
    const all = await lines('');
    expect(all.map(({ event }) => (event as { what?: string }).what)).toEqual([
      ...Array<string>(3).fill('secret.put'),
      'audit.export',
    ]);
    const rest = await lines(`?after=${all[1]?.seq}&action=secret.put`);
    expect(rest.map(({ event }) => event.id)).toEqual([all[2]?.event.id]);
    const ecs = await lines('?format=ecs&action=secret.put');
    expect(ecs.map(({ event }) => event.action)).toEqual(Array(3).fill('secret.put'));
  });

  it('is known to be with an operator as far as his export has come back for more, with nothing left out', async () => {
    for (let made = 0; made < 3; made++) await api.call('POST', '/v1/named', { body: {} });
    const asks = (query: string, role: 'admin' | 'operator') =>
      api.download(`/v1/audit/export${query}`, { sub: newUserId(systemRandom), role });
    await asks('', 'operator');
    await asks('?after=3', 'admin');
    await asks('?after=3&action=secret.put', 'operator');
    expect(await api.audit.store.exportedThrough()).toBe(0);
    await asks('?after=3', 'operator');
    expect(await api.audit.store.exportedThrough()).toBe(3);
  });

  it('says of what another has in this cell nothing', async () => {
    const claims = { sub: newUserId(systemRandom), org: newOrgId(systemRandom) };
    expect(await read(`?resource=${newWorkspaceId(systemRandom)}`, claims)).toMatchObject({ events: [] });
  });
});

describe('when the log cannot be written', () => {
  it('no write is begun, and nothing is refused without being recorded: both are told so', async () => {
    const before = await api.store.list({ ownerId: api.userId }, { limit: 100, includeDeleted: true });
    api.audit.fail(true);
    try {
      expect((await api.create()).body.code).toBe('store_unavailable');
      const refused = await api.call('DELETE', `/v1/workspaces/${before[0]?.id}`, {
        claims: { role: 'viewer' },
      });
      expect(refused).toMatchObject({ status: 503, body: { code: 'store_unavailable' } });
      expect((await api.call('GET', '/v1/workspaces')).status).toBe(200);
    } finally {
      api.audit.fail(false);
    }
    expect(await api.store.list({ ownerId: api.userId }, { limit: 100, includeDeleted: true })).toHaveLength(
      before.length,
    );
  });
});
