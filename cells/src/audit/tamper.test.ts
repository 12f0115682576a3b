/** Somebody with every right on the database changes the log in each way there is; verification names it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { continueChain, emptyChain } from '@cellbook/shared/audit/chain.ts';
import { columnsOfBody, parseBody } from '@cellbook/shared/audit/event-columns.ts';
import { bodyOf } from '@cellbook/shared/audit/make-event.ts';
import { type Clock, ManualClock } from '@cellbook/shared/clock.ts';
import { newOrgId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { createMemoryObjectStore } from '../storage/objects/memory-object-store.ts';
import type { ObjectStore } from '../storage/objects/object-store.ts';
import { readVerificationKeys } from './audit-key.ts';
import { anchorKey } from './checkpoints.ts';
import { type AuditPart, openAudit } from './open-audit.ts';
import { someEvent, startMs } from './testing/events.ts';
import { verifyCell } from './verify-cell.ts';

const dayMs = 86_400_000;
const chain = 'cell-test';
let directory: string;
let database: TestDatabase;
let objects: ObjectStore;
let clock: Clock;
let manual: ManualClock;
let laterMs: number;
let audit: AuditPart;
const keyFile = () => join(directory, 'key.json');

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-audit-'));
  database = await createTestDatabase();
  objects = createMemoryObjectStore();
  // Years pass at once: nobody waits for the timers of seven of them.
  manual = new ManualClock(startMs);
  laterMs = 0;
  clock = {
    nowMs: () => manual.nowMs() + laterMs,
    monotonicMs: () => manual.monotonicMs(),
    setTimer: (delayMs, callback) => manual.setTimer(delayMs, callback),
  };
  audit = await start();
  for (let made = 0; made < 10; made++) await audit.log.record(someEvent({ details: { made } }));
});
afterEach(async () => {
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

const start = (retentionDaysMin?: number, removesOnlyExported = false) =>
  openAudit({
    removesOnlyExported,
    ...(retentionDaysMin !== undefined && { retentionDaysMin }),
    ...{ database: database.database, objects, chain, instance: 'host-a', keyFile: keyFile(), clock },
    ...{ random: systemRandom, log: silentLogger, metrics: createMetrics() },
  });

/** Waits until the head is signed. */
const signed = async () => {
  await manual.advance(limits.audit.checkpointMs);
  const { seq } = await audit.store.head();
  await expect.poll(async () => (await audit.store.lastStatement())?.seq).toBe(seq);
};

async function verify() {
  const keys = await readVerificationKeys(keyFile());
  const { findings, ...report } = await verifyCell({
    ...{ store: audit.store, objects, chain, keys, nowMs: clock.nowMs() },
  });
  return { ...report, findings: findings.map(({ kind, seq }) => `${kind} ${seq}`) };
}

/** As a superuser may: the triggers are out of the way. */
async function tamper(statement: string): Promise<void> {
  await database.database.$client.begin(async (sql) => {
    await sql`set local session_replication_role = replica`;
    await sql.unsafe(statement);
  });
}

describe('what the database itself refuses', () => {
  it.each([
    `update audit_events set body = '{}' where seq = 3`,
    'delete from audit_events where seq = 3',
    'truncate audit_events',
    `update audit_statements set jws = '' where seq = 10`,
    'delete from audit_statements',
    'truncate audit_statements',
  ])('%s', async (statement) => {
    await audit.close();
    await expect(database.database.$client.unsafe(statement)).rejects.toMatchObject({ code: '23001' });
    expect(await verify()).toMatchObject({ rows: 10, findings: [] });
  });
});

describe('what verification names', () => {
  // The head is signed at the close; what comes after it is not signed yet.
  beforeEach(() => audit.close());

  it('nothing where nothing was done', async () => {
    expect(await verify()).toEqual({ chain, rows: 10, first: 1, last: 10, signedThrough: 10, findings: [] });
  });

  it('a changed field of an event', async () => {
    await tamper(`update audit_events set body = replace(body, '"made":4', '"made":5') where seq = 5`);
    expect((await verify()).findings).toEqual(['changed 5']);
  });

  it('a changed field whose hash was made anew', async () => {
    const [row] = await audit.store.rows(5, 1);
    const [before] = await audit.store.rows(4, 1);
    if (!row || !before) throw new Error('the rows are there');
    const forged = bodyOf({ ...parseBody(row.body), details: { made: 99 } });
    const [next] = await continueChain(chain, before, [forged]);
    await tamper(`update audit_events set body = '${forged}', hash = '${next?.hash}' where seq = 5`);
    expect((await verify()).findings).toEqual(['unlinked 6']);
  });

  it('a row gone from the middle, rows gone from the beginning, the tail cut off', async () => {
    await tamper('delete from audit_events where seq = 5');
    expect((await verify()).findings).toEqual(['missing 5']);
    await tamper('delete from audit_events where seq < 4');
    expect((await verify()).findings).toEqual(['missing 1', 'missing 5']);
    await tamper('delete from audit_events where seq > 8');
    expect((await verify()).findings).toEqual(['missing 1', 'missing 5', 'truncated 8']);
  });

  it('everything gone', async () => {
    await tamper('delete from audit_events');
    await tamper('delete from audit_statements');
    expect((await verify()).findings).toEqual(['statement_missing 10', 'truncated 0']);
  });

  it('two rows that changed places', async () => {
    await tamper(
      'update audit_events set seq = case seq when 4 then -5 else -4 end where seq in (4, 5); update audit_events set seq = -seq where seq < 0',
    );
    expect((await verify()).findings).toEqual([
      'unlinked 4',
      'changed 4',
      'unlinked 5',
      'changed 5',
      'unlinked 6',
    ]);
  });

  it('the whole chain written anew, consistent in itself', async () => {
    const bodies = (await audit.store.rows(1, 100)).map(({ body }) => body).filter((_, index) => index !== 6);
    const forged = await continueChain(chain, emptyChain, bodies);
    await tamper('delete from audit_events');
    await audit.store.commit({ opened: [], rows: forged, closed: [] });
    expect((await verify()).findings).toEqual(['truncated 9']);
    const another = await continueChain(chain, forged.at(-1) ?? emptyChain, [bodies[0] ?? '']);
    await audit.store.commit({ opened: [], rows: another, closed: [] });
    expect((await verify()).findings).toEqual(['rewritten 10']);
  });

  it('a column by which events are found, a checkpoint taken away, a checkpoint of somebody else', async () => {
    await tamper(`update audit_events set org_id = '${newOrgId(systemRandom)}' where seq = 2`);
    expect((await verify()).findings).toEqual(['column 2']);
    await tamper('delete from audit_statements');
    expect((await verify()).findings).toEqual(['statement_missing 10', 'column 2']);
    await audit.store.addStatement({ kind: 'checkpoint', seq: 9, jws: 'e30.e30.c2ln' });
    expect((await verify()).findings).toEqual(['unsigned 0', 'statement_missing 10', 'column 2']);
  });

  it('that a chain goes on after its tail was cut off while the cell was away', async () => {
    await tamper('delete from audit_events where seq > 8');
    const next = await start();
    for (let made = 0; made < 3; made++) await next.log.record(someEvent());
    await next.close();
    expect((await verify()).findings).toEqual(['rewritten 10']);
  });
});

describe('what is removed because its time is over', () => {
  it('leaves a chain that verifies, begun by a signed statement, and goes on', async () => {
    await signed();
    laterMs = (limits.audit.retentionDaysByTier.enterprise + 1) * dayMs;
    await audit.log.record(someEvent());
    expect(await audit.removeExpired()).toBe(10);
    await audit.log.record(someEvent());
    await audit.close();
    expect(await verify()).toMatchObject({ rows: 2, first: 11, last: 12, findings: [] });
    expect(await audit.removeExpired()).toBe(0);
  });

  it('goes no further than a checkpoint', async () => {
    await signed();
    for (let made = 0; made < 4; made++) await audit.log.record(someEvent());
    laterMs = (limits.audit.retentionDaysByTier.enterprise + 1) * dayMs;
    expect(await audit.removeExpired()).toBe(10);
    await audit.close();
    expect(await verify()).toMatchObject({ rows: 4, first: 11, findings: [] });
  });

  it('is nothing where something was changed: the damage stays to be found', async () => {
    await signed();
    await tamper(`update audit_events set body = replace(body, '"made":4', '"made":5') where seq = 5`);
    laterMs = (limits.audit.retentionDaysByTier.enterprise + 1) * dayMs;
    await audit.log.record(someEvent());
    expect(await audit.removeExpired()).toBe(0);
    await audit.close();
    expect((await verify()).findings).toEqual(['changed 5']);
  });

  it('is nothing sooner than the operator allows, whatever a tier says', async () => {
    await signed();
    await audit.close();
    audit = await start(3_000);
    laterMs = 2_900 * dayMs;
    await audit.log.record(someEvent());
    expect(await audit.removeExpired()).toBe(0);
    laterMs = 3_001 * dayMs;
    expect(await audit.removeExpired()).toBe(10);
    await audit.close();
  });

  it('is nothing that no export has come back for, where the operator wants it so', async () => {
    await signed();
    await audit.close();
    audit = await start(0, true);
    laterMs = (limits.audit.retentionDaysByTier.enterprise + 1) * dayMs;
    await audit.log.record(someEvent());
    expect(await audit.removeExpired()).toBe(0);
    await audit.store.noteExported(9);
    expect(await audit.removeExpired()).toBe(0);
    await audit.store.noteExported(10);
    expect(await audit.removeExpired()).toBe(10);
    await audit.close();
  });

  it('statements get sparse with age, here and among the objects, and the chain is still vouched for', async () => {
    for (let made = 0; made < 20; made++) {
      await signed();
      await audit.log.record(someEvent());
    }
    laterMs = 2 * dayMs;
    const { length: before } = await audit.store.statements();
    expect(await audit.thinStatements()).toBe(before - 1);
    expect(await audit.thinStatements()).toBe(0);
    await audit.close();
    expect(await verify()).toMatchObject({ rows: 30, signedThrough: 30, findings: [] });
    const anchors: string[] = [];
    for await (const key of objects.list('audit/')) anchors.push(key);
    expect(anchors).toHaveLength((await audit.store.statements()).length);
    await tamper('delete from audit_statements');
    expect((await verify()).findings.map((finding) => finding.split(' ')[0])).toEqual(
      anchors.map(() => 'statement_missing'),
    );
  });

  it('statements get sparse also behind more of them than are looked at at a time', async () => {
    const hourMs = 3_600_000;
    for (let made = 0; made < 12; made++) {
      await signed();
      await audit.log.record(someEvent());
      if (made < 6) laterMs += hourMs;
    }
    laterMs = 2 * dayMs;
    expect(await audit.thinStatements(4)).toBeGreaterThanOrEqual(4);
    expect(await audit.thinStatements()).toBe(0);
    await audit.close();
    expect(await verify()).toMatchObject({ findings: [] });
  });

  it.each([
    ['removal', 1_000_000],
    ['checkpoint', 15],
  ])('a forged %s takes no statement away, neither here nor among the objects', async (kind, seq) => {
    for (let made = 0; made < 4; made++) {
      await signed();
      await audit.log.record(someEvent());
      laterMs += dayMs;
    }
    await signed();
    laterMs += 2 * dayMs;
    const genuine = await audit.store.statements();
    const made = {
      kind,
      chain,
      seq,
      hash: '0'.repeat(64),
      at: new Date(clock.nowMs() - 2 * dayMs).toISOString(),
    };
    const payload = Buffer.from(JSON.stringify(made)).toString('base64url');
    await tamper(`insert into audit_statements values ('${kind}', ${seq}, 'e30.${payload}.c2ln')`);
    expect(await audit.thinStatements()).toBe(0);
    for (const one of genuine)
      expect(await objects.get(anchorKey({ chain, kind: one.kind, seq: one.seq }))).not.toBeNull();
    await audit.close();
  });

  it('is not forged without the key', async () => {
    await audit.close();
    await audit.store.remove({ kind: 'removal', seq: 4, jws: 'e30.e30.c2ln' });
    expect((await verify()).findings).toEqual(['unsigned 0', 'missing 1']);
  });
});

it('the columns of every row are those of its event', async () => {
  for (const { body, columns } of await audit.store.rows(1, 100))
    expect(columns).toEqual(columnsOfBody(body));
  await audit.close();
});
