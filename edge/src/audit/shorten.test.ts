/** The edge's log loses what has had its time, proven first, and what is left still verifies. On a real D1 and KV. */
import { env } from 'cloudflare:workers';
import { columnsIfEvent } from '@cellbook/shared/audit/event-columns.ts';
import { auditPublicKeySchema } from '@cellbook/shared/audit/statements.ts';
import { verifyChain } from '@cellbook/shared/audit/verify.ts';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { newOrgId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { NewAuditEvent } from '@cellbook/shared/protocol/audit.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { createWorld, main, type World } from '../../testing/world.ts';
import { edgeChain } from './edge-statements.ts';

const hourMs = 3_600_000;
const dayMs = 86_400_000;
const retentionDays = 30;
const db = env.DIRECTORY;
let world: World;
/** The edge `days` later: nobody waits for the timers of a month. */
let later: (days: number) => World;

const triggers = [
  'audit_events_kept',
  'audit_events_unchanged',
  'audit_statements_kept',
  'audit_statements_unchanged',
];
/** As the owner of the database may: the triggers are out of the way, and come back. */
async function tamper(...statements: string[]): Promise<void> {
  const found = await db
    .prepare(`SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_%'`)
    .all<{ sql: string }>();
  await db.batch(triggers.map((name) => db.prepare(`DROP TRIGGER IF EXISTS ${name}`)));
  for (const statement of statements) await db.prepare(statement).run();
  await db.batch(found.results.map(({ sql }) => db.prepare(sql)));
}

beforeEach(async () => {
  const variables = { CELLBOOK_AUDIT_RETENTION_DAYS: String(retentionDays) };
  world = await createWorld(variables);
  await tamper('DELETE FROM audit_events', 'DELETE FROM audit_statements', 'DELETE FROM audit_intents');
  await db.prepare('DELETE FROM org_policies').run();
  for (const { name } of (await env.PINS.list({ prefix: 'audit/' })).keys) await env.PINS.delete(name);
  later = (days) => world.anotherIsolate(new ManualClock(world.clock.nowMs() + days * dayMs));
});

const event = (org: NewAuditEvent['org'] = null): NewAuditEvent => ({
  who: { kind: 'user', id: 'user-1', org, role: 'member', cred: null, via: 'session' },
  what: 'key.create',
  which: { kind: 'key', id: null, owner: null, org },
  from: { address: null, agent: null, request: null, trace: null },
  result: { outcome: 'ok', code: null, status: 201 },
  details: {},
  org,
});
async function record(count: number, at = world, org: NewAuditEvent['org'] = null): Promise<void> {
  for (let made = 0; made < count; made++) await at.edge.audit.record(event(org));
  await at.edge.audit.settle();
}
const seqs = async () => (await world.edge.audit.store.rows(0, 1_000)).map(({ seq }) => seq);

async function verify(at: World) {
  const { audit } = at.edge;
  const rows = await audit.store.rows(0, 1_000);
  const { findings, signedThrough } = await verifyChain({
    chain: edgeChain,
    rows: (async function* () {
      yield* rows;
    })(),
    statements: (await audit.store.statements()).map(({ jws }) => jws),
    anchors: await audit.anchors(),
    keys: [auditPublicKeySchema.parse(world.keys.audit)],
    nowMs: at.clock.nowMs(),
    columnsOf: columnsIfEvent,
  });
  return { findings: findings.map(({ kind, seq }) => `${kind} ${seq}`), signedThrough };
}

describe('retention', () => {
  test('removes the beginning up to a checkpoint when its time is over, and never the newest event', async () => {
    await record(5);
    const then = later(retentionDays + 1);
    expect(await later(retentionDays - 1).edge.audit.shorten()).toBe(0);
    expect(await then.edge.audit.shorten()).toBe(0);
    await record(3, then);
    expect(await then.edge.audit.shorten()).toBe(5);
    expect(await then.edge.audit.shorten()).toBe(0);
    expect(await seqs()).toEqual([6, 7, 8]);
    expect(await verify(then)).toEqual({ findings: [], signedThrough: 8 });
    await record(1, then);
    expect(await seqs()).toEqual([6, 7, 8, 9]);
  });

  test('by two isolates at once is one removal, with nothing to find about it', async () => {
    await record(3);
    const then = later(retentionDays + 1);
    await record(2, then);
    const other = world.anotherIsolate(new ManualClock(then.clock.nowMs() + 1));
    const removed = await Promise.all([then, other].map(({ edge }) => edge.audit.shorten()));
    expect(removed.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(0);
    expect(await verify(then)).toMatchObject({ findings: [] });
  });

  test('removes nothing where something was changed, nor where a removal was forged', async () => {
    await record(5);
    await tamper(`UPDATE audit_events SET body = replace(body, '201', '500') WHERE seq = 3`);
    const then = later(retentionDays + 1);
    await record(3, then);
    expect(await then.edge.audit.shorten()).toBe(0);
    expect((await verify(then)).findings).toContain('changed 3');
    await tamper(
      `INSERT INTO audit_statements VALUES ('removal', 4, 0, 'e30.e30.c2ln')`,
      'DELETE FROM audit_events WHERE seq <= 4',
    );
    expect(await then.edge.audit.shorten()).toBe(0);
    expect((await verify(then)).findings).toEqual(expect.arrayContaining(['unsigned 0', 'missing 1']));
  });

  test('keeps what an organisation wishes to keep longer', async () => {
    const org = newOrgId(systemRandom);
    const insert = db.prepare(`INSERT INTO org_policies (org_id, audit, changed_at) VALUES (?, ?, 0)`);
    await insert.bind(org, '{"days":90}').run();
    await insert.bind(newOrgId(systemRandom), '{"days":').run();
    await record(2);
    await world.clock.advance(limits.audit.checkpointMs);
    await record(2, world, org);
    const then = later(retentionDays + 1);
    await record(1, then);
    expect(await then.edge.audit.shorten()).toBe(2);
    const evenLater = later(91);
    await record(1, evenLater);
    expect(await evenLater.edge.audit.shorten()).toBe(3);
    expect(await verify(evenLater)).toMatchObject({ findings: [] });
  });
});

test('where only what was exported may go, it goes once an operator’s export has come back for more', async () => {
  const email = `${systemRandom.uuid()}@example.org`;
  const variables = {
    CELLBOOK_AUDIT_RETENTION_DAYS: String(retentionDays),
    CELLBOOK_AUDIT_REMOVE: 'exported',
    CELLBOOK_OPERATORS: email,
    CELLBOOK_AUDIT_KEY: JSON.stringify(world.keys.audit),
  };
  world = { ...(await createWorld(variables)), keys: world.keys };
  await db.prepare('DELETE FROM audit_exported').run();
  await record(3);
  await world.clock.advance(limits.audit.checkpointMs);
  await record(3);
  const then = later(retentionDays + 1);
  await record(1, then);
  expect(await then.edge.audit.shorten()).toBe(0);
  const exportAs = async (cookie: string, query: string) =>
    (await then.fetch(`${main}/v1/edge-audit/export${query}`, { headers: { cookie } })).arrayBuffer();
  const [operator, other] = [
    await then.signIn(email),
    await then.signIn(`${systemRandom.uuid()}@example.org`),
  ];
  await exportAs(operator, '');
  await exportAs(other, '?after=6');
  await exportAs(operator, '?after=6&action=sign_in');
  expect(await then.edge.audit.shorten()).toBe(0);
  await exportAs(operator, '?after=5');
  // Through the checkpoint before it.
  expect(await then.edge.audit.shorten()).toBe(3);
  expect((await verify(then)).findings).toEqual([]);
});

describe('statements', () => {
  test('get sparse with age, here and in KV, and the newest stay', async () => {
    // All of one hour, whenever this runs: of each hour one stays.
    await world.clock.advance(hourMs - (world.clock.nowMs() % hourMs));
    for (let times = 0; times < 6; times++) {
      await record(1);
      await world.clock.advance(limits.audit.checkpointMs);
    }
    const then = later(2);
    const before = await then.edge.audit.store.statements();
    const gone = await then.edge.audit.thin();
    expect(gone).toBeGreaterThanOrEqual(4);
    const kept = (await then.edge.audit.store.statements()).map(({ jws }) => jws);
    expect(kept).toEqual(before.slice(gone).map(({ jws }) => jws));
    expect(new Set(await then.edge.audit.anchors())).toEqual(new Set(kept));
    expect(await then.edge.audit.thin()).toBe(0);
    expect(await verify(then)).toMatchObject({ findings: [] });
  });

  test('are taken away by nothing that is forged, neither here nor in KV', async () => {
    await record(1);
    const anchors = await world.edge.audit.anchors();
    await tamper(`INSERT INTO audit_statements VALUES ('removal', 1000000, 0, 'e30.e30.c2ln')`);
    expect(await later(2).edge.audit.thin()).toBe(0);
    expect([anchors.length, await world.edge.audit.anchors()]).toEqual([1, anchors]);
  });

  test('are not taken away by anybody while nothing later stands for them', async () => {
    await record(1);
    await expect(db.prepare('DELETE FROM audit_statements').run()).rejects.toThrow();
    await env.PINS.put('audit/000000000000009', (await world.edge.audit.anchors())[0] ?? '');
    await tamper('DELETE FROM audit_statements');
    expect((await verify(world)).findings).toEqual(['statement_missing 1']);
  });
});
