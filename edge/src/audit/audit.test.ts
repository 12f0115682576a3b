/** The edge's own log, on a real D1: what becomes an event, that it is one chain, and that damage to it is named. */
import { env } from 'cloudflare:workers';
import { columnsIfEvent, parseBody } from '@cellbook/shared/audit/event-columns.ts';
import { auditPublicKeySchema } from '@cellbook/shared/audit/statements.ts';
import { verifyChain } from '@cellbook/shared/audit/verify.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { newUserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { AuditEvent, NewAuditEvent } from '@cellbook/shared/protocol/audit.ts';
import { auditPageSchema } from '@cellbook/shared/protocol/audit.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, main, type World } from '../../testing/world.ts';
import { edgeChain } from './edge-statements.ts';
import { createRefusalCounts } from './record-audit.ts';

let world: World;
beforeEach(async () => {
  await env.DIRECTORY.batch(
    ['audit_events_kept', 'audit_statements_kept'].map((name) =>
      env.DIRECTORY.prepare(`DROP TRIGGER IF EXISTS ${name}`),
    ),
  );
  world = await createWorld();
  const tables = ['audit_events', 'audit_statements', 'audit_intents'];
  await env.DIRECTORY.batch(tables.map((table) => env.DIRECTORY.prepare(`DELETE FROM ${table}`)));
  for (const { name } of (await env.PINS.list({ prefix: 'audit/' })).keys) await env.PINS.delete(name);
});

const store = () => world.edge.audit.store;
/** Everything deferred has been waited for: what is kept is in the chain. */
async function events(): Promise<AuditEvent[]> {
  await world.edge.audit.settle();
  return (await store().rows(1, 1_000)).map(({ body }) => parseBody(body));
}
const newest = async () => (await events()).at(-1);
const post = (path: string, cookie: string, body: unknown = {}) =>
  world.fetch(`${main}${path}`, {
    method: 'POST',
    headers: { origin: main, cookie, 'cf-connecting-ip': '192.0.2.1' },
    body: JSON.stringify(body),
  });
const someone: NewAuditEvent = {
  who: { kind: 'user', id: 'user-1', org: null, role: 'member', cred: null, via: 'session' },
  what: 'key.create',
  which: { kind: 'key', id: null, owner: null, org: null },
  from: { address: null, agent: null, request: null, trace: null },
  result: { outcome: 'ok', code: null, status: 201 },
  details: {},
  org: null,
};

async function verify(): Promise<string[]> {
  const rows = await store().rows(0, 1_000);
  const { findings } = await verifyChain({
    chain: edgeChain,
    rows: (async function* () {
      yield* rows;
    })(),
    statements: (await store().statements()).map(({ jws }) => jws),
    anchors: await world.edge.audit.anchors(),
    nowMs: world.clock.nowMs(),
    keys: [auditPublicKeySchema.parse(world.keys.audit)],
    columnsOf: columnsIfEvent,
  });
  return findings.map(({ kind, seq }) => `${kind} ${seq}`);
}

describe('what becomes an event', () => {
  it('a sign-in with who it was, a key made and revoked, a sign-out', async () => {
    const email = `${systemRandom.uuid()}@example.org`;
    const cookie = await world.signIn(email);
    expect(await newest()).toMatchObject({
      what: 'sign_in',
      who: { kind: 'user', id: expect.stringMatching(/^user-/) },
      result: { outcome: 'ok' },
    });
    const made = await (await post('/v1/keys', cookie, { name: 'laptop' })).json<{ id: string }>();
    expect(await newest()).toMatchObject({
      what: 'key.create',
      who: { kind: 'user', via: 'session' },
      from: { address: '192.0.2.1', request: expect.stringMatching(/^req-/) },
      result: { outcome: 'ok', status: 201 },
    });
    await world.fetch(`${main}/v1/keys/${made.id}`, { method: 'DELETE', headers: { origin: main, cookie } });
    expect(await newest()).toMatchObject({ what: 'key.revoke', which: { kind: 'key', id: made.id } });
    await post('/signout', cookie);
    expect(await newest()).toMatchObject({ what: 'sign_out' });
    expect(JSON.stringify(await events())).not.toContain(email);
  });

  it('a write that is refused, with its code', async () => {
    const cookie = await world.signIn();
    await post('/v1/keys', cookie, { nonsense: true });
    expect(await newest()).toMatchObject({
      what: 'key.create',
      result: { outcome: 'refused', code: 'bad_request', status: 400 },
    });
  });

  it('a refusal before any route, once a minute for one address, and how often it came', async () => {
    const ask = () => world.fetch(`${main}/v1/workspaces`, { headers: { 'cf-connecting-ip': '192.0.2.66' } });
    const refusals = async () =>
      (await events()).filter(({ what, from }) => what === 'access.refused' && from.address === '192.0.2.66');
    for (let times = 0; times < 5; times++) expect((await ask()).status).toBe(401);
    expect(await refusals()).toMatchObject([
      { who: { kind: 'anonymous' }, result: { outcome: 'refused', code: 'unauthenticated', status: 401 } },
    ]);
    await world.clock.advance(limits.audit.refusalWindowMs);
    await ask();
    expect((await refusals()).map(({ details }) => details.times ?? 1).sort()).toEqual([1, 1, 4]);
  });

  it('what was done and could not be said to be so is unknown, and never failed', async () => {
    const cookie = await world.signIn();
    const { audit } = world.edge;
    const { begin } = audit;
    audit.begin = async (event) => {
      const deed = await begin(event);
      const ends = [
        () => Promise.reject(new CellbookError('store_unavailable', { doing: 'keeping', problem: 'down' })),
        deed.end,
      ];
      return { end: async (ending) => (ends.shift() ?? deed.end)(ending) };
    };
    expect((await post('/v1/keys', cookie, { name: 'made' })).status).toBe(503);
    audit.begin = begin;
    await world.clock.advance(limits.audit.edgeIntentMsMax);
    expect(await newest()).toMatchObject({ what: 'key.create', result: { outcome: 'unknown' } });
  });

  it('nothing of what strangers send without end, but that they were refused', async () => {
    const from = { origin: main, 'cf-connecting-ip': '192.0.2.77' };
    for (let times = 0; times < 3; times++) {
      const answer = await world.fetch(`${main}/pins`, { method: 'PUT', headers: from, body: 'forged' });
      expect(answer.status).toBe(403);
    }
    const theirs = (await events()).filter((event) => event.from.address === '192.0.2.77');
    expect(theirs.map(({ what }) => what)).toEqual(['access.refused']);
    for (let times = 0; times < limits.edge.signInsPerMinuteMax; times++)
      await world.edge.signInGate.enter('192.0.2.77');
    const before = (await events()).length;
    for (const path of ['/signout', '/join/nothing'])
      expect((await world.fetch(main + path, { method: 'POST', headers: from })).status, path).toBe(429);
    expect((await events()).length).toBe(before);
  });

  it('who looked for a user, a cell or a region that is not his', async () => {
    const cookie = await world.signIn(`${systemRandom.uuid()}@example.org`);
    const me = await world.fetch(`${main}/v1/me`, { headers: { cookie } });
    const { userId } = await me.json<{ userId: string }>();
    for (const [name, value, status] of [
      ['cellbook-at', newUserId(systemRandom), 404],
      ['cellbook-at', 'cell-nowhere', 404],
      ['cellbook-region', 'elsewhere', 403],
    ] as const) {
      await world.clock.advance(limits.audit.refusalWindowMs);
      const answer = await world.fetch(`${main}/v1/workspaces`, { headers: { cookie, [name]: value } });
      expect([value, answer.status]).toEqual([value, status]);
      expect(await newest(), value).toMatchObject({
        what: 'access.refused',
        who: { kind: 'user', id: userId },
      });
    }
  });

  it('not a read, not a page', async () => {
    const cookie = await world.signIn();
    const before = (await events()).length;
    await world.fetch(`${main}/v1/me`, { headers: { cookie } });
    await world.fetch(`${main}/signin`);
    expect((await events()).length).toBe(before);
  });

  it('of refusals of more kinds than are counted the oldest are told and forgotten', () => {
    const counts = createRefusalCounts();
    const twice = (kind: number) => [0, 1].flatMap(() => counts.count(String(kind), someone, 0));
    const kinds = limits.audit.refusalKindsMax;
    const due = Array.from({ length: kinds }, (_, kind) => twice(kind)).flat();
    expect(due).toEqual(Array(kinds).fill(someone));
    expect(twice(kinds)).toEqual([{ ...someone, details: { times: 1 } }, someone]);
  });
});

describe('the chain', () => {
  it('a hundred events at once from many isolates are one chain without a gap', async () => {
    const isolates = await Promise.all(
      Array.from({ length: 4 }, () => createWorld({ CELLBOOK_AUDIT_KEY: JSON.stringify(world.keys.audit) })),
    );
    const before = (await store().head()).seq;
    await Promise.all(
      isolates.map(async ({ edge }) => {
        await Promise.all(Array.from({ length: 25 }, () => edge.audit.record(someone)));
        await edge.audit.settle();
      }),
    );
    await world.edge.audit.settle();
    const rows = await store().rows(before + 1, 1_000);
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 100 }, (_, index) => before + 1 + index));
    expect(await verify()).toEqual([]);
  });

  it('what a request began and never ended is appended as unknown when its time is over', async () => {
    await world.edge.audit.begin(someone);
    expect(await events()).toEqual([]);
    await world.clock.advance(limits.audit.edgeIntentMsMax);
    expect(await events()).toMatchObject([{ result: { outcome: 'unknown', code: 'interrupted' } }]);
  });

  it('cannot be changed through the database, but for its owner', async () => {
    const other = await createWorld();
    await other.edge.audit.record(someone);
    await other.edge.audit.settle();
    await expect(env.DIRECTORY.prepare(`UPDATE audit_events SET body = '{}'`).run()).rejects.toThrow();
  });
});

describe('what verification names', () => {
  beforeEach(async () => {
    for (let made = 0; made < 6; made++)
      await world.edge.audit.record({ ...someone, details: { made } }).then(() => world.edge.audit.settle());
    await world.clock.advance(limits.audit.checkpointMs);
    await world.edge.audit.settle();
    await env.DIRECTORY.prepare('DROP TRIGGER IF EXISTS audit_events_unchanged').run();
  });

  it.each([
    ['SELECT 1', []],
    [`UPDATE audit_events SET body = replace(body, '"made":2', '"made":9') WHERE seq = 3`, ['changed 3']],
    ['DELETE FROM audit_events WHERE seq = 3', ['missing 3']],
    ['DELETE FROM audit_events WHERE seq > 4', ['truncated 4']],
    [`UPDATE audit_events SET actor_id = 'user-2' WHERE seq = 2`, ['column 2']],
    ['DELETE FROM audit_statements', ['statement_missing 1', 'statement_missing 6']],
  ])('%s', async (statement, findings) => {
    await env.DIRECTORY.prepare(statement).run();
    expect(await verify()).toEqual(findings);
  });
});

describe('reading it', () => {
  it('shows a person his own, in pages, and as lines', async () => {
    const cookie = await world.signIn(`${systemRandom.uuid()}@example.org`);
    await post('/v1/keys', cookie, { name: 'a' });
    await world.edge.audit.settle();
    const read = async (query: string) =>
      auditPageSchema.parse(
        await (await world.fetch(`${main}/v1/edge-audit${query}`, { headers: { cookie } })).json(),
      );
    const first = await read('?limit=1');
    expect(first.events.map(({ what }) => what)).toEqual(['key.create']);
    const second = await read(`?limit=1&cursor=${first.nextCursor}`);
    expect([second.events.map(({ what }) => what), second.nextCursor]).toEqual([['sign_in'], null]);
    const exported = await world.fetch(`${main}/v1/edge-audit/export`, { headers: { cookie } });
    expect(exported.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = (await exported.text()).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { event: AuditEvent }).event.what)).toEqual([
      'sign_in',
      'key.create',
    ]);
  });

  it('gives the chain itself to operators alone', async () => {
    const cookie = await world.signIn();
    const answer = await world.fetch(`${main}/v1/edge-audit/chain`, { headers: { cookie } });
    expect(answer.status).toBe(404);
    expect(await newest()).toMatchObject({ what: 'access.refused', result: { code: 'not_found' } });
  });
});
