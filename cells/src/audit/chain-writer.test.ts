/** Batches, two writers on one chain, a store that fails in every way, and a queue that is full. */
import { createHash } from 'node:crypto';
import { chainedText, emptyChain } from '@cellbook/shared/audit/chain.ts';
import { ManualClock, systemClock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import type { AuditStore } from './store/audit-store.ts';
import { createMemoryAuditStore } from './store/memory-audit-store.ts';
import { createPostgresAuditStore } from './store/postgres-audit-store.ts';
import { someEvent } from './testing/events.ts';
import { createTestAudit, testChain } from './testing/test-audit.ts';

const ok = { outcome: 'ok', code: null, status: 200 } as const;
const deed = () => {
  const { result: _result, ...event } = someEvent();
  return event;
};

/** Every row continues the one before it, from the first. */
async function expectLinear(store: AuditStore, rows: number): Promise<void> {
  let at = emptyChain;
  for (const row of await store.rows(1, rows + 1)) {
    expect(row).toMatchObject({ seq: at.seq + 1, prev: at.hash });
    expect(row.hash).toBe(createHash('sha256').update(chainedText(testChain, row)).digest('hex'));
    at = row;
  }
  expect(at.seq).toBe(rows);
}

describe('on Postgres', () => {
  let database: TestDatabase;
  let store: AuditStore;
  beforeEach(async () => {
    database = await createTestDatabase();
    store = createPostgresAuditStore(database.database);
  });
  afterEach(() => database.drop());

  it('a hundred writers at once make one chain without a gap, in few commits', async () => {
    let commits = 0;
    const counting: AuditStore = {
      ...store,
      commit(batch) {
        commits += 1;
        return store.commit(batch);
      },
    };
    const { log } = createTestAudit(counting, systemClock);
    await Promise.all(Array.from({ length: 100 }, () => log.record(someEvent())));
    await expectLinear(store, 100);
    expect(commits).toBeLessThan(10);
  });

  it('two processes on one database stay on one chain, and lose nothing of either', async () => {
    const writers = [1, 2, 3].map((name) => createTestAudit(store, systemClock, `host-${name}/1`).log);
    const each = async (log: (typeof writers)[number]) => {
      for (let turn = 0; turn < 20; turn++) await log.record(someEvent({ details: { turn } }));
    };
    await Promise.all(writers.map(each));
    await expectLinear(store, 60);
  });

  it('an end is in the chain with what was known at the beginning, and its intent is gone', async () => {
    const { log, events } = createTestAudit(store, systemClock);
    const open = await log.begin(deed());
    expect(await events()).toEqual([]);
    await open.end({ result: ok, which: { id: 'ws-new' }, details: { bytes: 5 } });
    const [event] = await events();
    expect(event).toMatchObject({
      which: { kind: 'workspace', id: 'ws-new' },
      details: { bytes: 5 },
      result: ok,
    });
    const later = { writer: 'host-a/2', nowMs: Number.MAX_SAFE_INTEGER / 10_000, limit: 9 };
    expect(await store.settleable(later)).toEqual([]);
  });

  it('the next start of a process appends what its predecessor had begun, as unknown; another’s is left alone', async () => {
    await createTestAudit(store, systemClock, 'host-a/1').log.begin(deed());
    await createTestAudit(store, systemClock, 'host-b/1').log.begin(deed());
    const next = createTestAudit(store, systemClock, 'host-a/2');
    next.log.settle();
    await next.chain.idle();
    expect(await next.events()).toMatchObject([{ result: { outcome: 'unknown', code: 'interrupted' } }]);
    next.log.settle();
    await next.chain.idle();
    await expectLinear(store, 1);
  });
});

describe('when the store fails', () => {
  const failing = (inner: AuditStore, fail: (commit: number) => 'before' | 'after' | null): AuditStore => {
    let commits = 0;
    return {
      ...inner,
      async commit(batch) {
        const how = fail(commits++);
        if (how === 'before') throw new Error('connection lost');
        const result = await inner.commit(batch);
        if (how === 'after') throw new Error('connection lost');
        return result;
      },
    };
  };

  it('an answer that was lost after the commit does not write the event twice', async () => {
    const inner = createMemoryAuditStore();
    const store = failing(inner, (commit) => (commit < 2 ? 'after' : null));
    const { log } = createTestAudit(store, systemClock);
    await log.record(someEvent());
    await log.record(someEvent());
    await expectLinear(inner, 2);
  });

  it('it is tried again, and given up after a while with a typed refusal; the next one goes through', async () => {
    const clock = new ManualClock();
    const inner = createMemoryAuditStore();
    let down = true;
    const store = failing(inner, () => (down ? 'before' : null));
    const { log } = createTestAudit(store, clock);
    const outcome = log.record(someEvent()).then(
      () => null,
      (error: unknown) => error,
    );
    for (let passed = 0; passed < limits.audit.commitMsMax * 3; passed += 500) await clock.advance(500);
    expect(await outcome).toMatchObject({ code: 'store_unavailable', status: 503 });
    down = false;
    await log.record(someEvent());
    await expectLinear(inner, 1);
  });

  it('whoever asks while others wait for it is told as soon after he asked as they', async () => {
    const clock = new ManualClock();
    const store = failing(createMemoryAuditStore(), () => 'before');
    const { log } = createTestAudit(store, clock);
    const beganMs = clock.monotonicMs();
    const toldMs: number[] = [];
    const told = () => toldMs.push(clock.monotonicMs() - beganMs);
    for (let asked = 0; asked < 3; asked++) {
      log.record(someEvent()).catch(told);
      await clock.advance(500);
    }
    for (let passed = 0; passed < limits.audit.commitMsMax * 4; passed += 500) await clock.advance(500);
    expect(toldMs).toHaveLength(3);
    expect(Math.max(...toldMs)).toBeLessThan(limits.audit.commitMsMax * 1.5);
  });

  it('a queue that is full refuses what is new with a typed error, and never an end', async () => {
    const inner = createMemoryAuditStore();
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const begun = createTestAudit(inner, systemClock);
    const open = await begun.log.begin(deed());
    const stuck: AuditStore = { ...inner, commit: (batch) => released.then(() => inner.commit(batch)) };
    const { log } = createTestAudit(stuck, systemClock);
    const waiting = Array.from({ length: limits.audit.queueMax + limits.audit.batchMax }, () =>
      log.record(someEvent()).then(
        () => 'kept',
        (error: { code: string }) => error.code,
      ),
    );
    await expect(log.begin(deed())).rejects.toMatchObject({ code: 'store_unavailable' });
    release();
    const outcomes = await Promise.all(waiting);
    const kept = outcomes.filter((outcome) => outcome === 'kept').length;
    expect(outcomes.filter((outcome) => outcome === 'store_unavailable')).toHaveLength(
      outcomes.length - kept,
    );
    expect(kept).toBeGreaterThanOrEqual(limits.audit.queueMax);
    await expectLinear(inner, kept);
    await open.end({ result: ok });
    await expectLinear(inner, kept + 1);
  });
});
