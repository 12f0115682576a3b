/** One suite for every implementation of the store. */
import { type ChainHead, continueChain, emptyChain } from '@cellbook/shared/audit/chain.ts';
import { bodyOf } from '@cellbook/shared/audit/make-event.ts';
import { newOrgId, newUserId, newWorkspaceId, type OrgId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { AuditEvent } from '@cellbook/shared/protocol/audit.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../db/test-database.ts';
import { eventAt, startMs } from '../testing/events.ts';
import type { AuditIntent, AuditQuery, AuditStore } from './audit-store.ts';
import { createMemoryAuditStore } from './memory-audit-store.ts';
import { createPostgresAuditStore } from './postgres-audit-store.ts';

const dayMs = 86_400_000;
const chain = 'cell-test';
const all: AuditQuery = { scope: { kind: 'all' }, limit: 100 };

describe.each([
  ['memory', async () => ({ store: createMemoryAuditStore(), drop: async () => {} })],
  [
    'Postgres',
    async () => {
      const { database, drop } = await createTestDatabase();
      return { store: createPostgresAuditStore(database), drop };
    },
  ],
])('the audit store in %s', (_, create) => {
  let store: AuditStore;
  let drop: () => Promise<void>;
  beforeEach(async () => {
    ({ store, drop } = await create());
  });
  afterEach(() => drop());

  async function append(...events: AuditEvent[]): Promise<ChainHead> {
    const rows = await continueChain(chain, await store.head(), events.map(bodyOf));
    expect(await store.commit({ opened: [], rows, closed: [] })).toBe('committed');
    return rows.at(-1) ?? emptyChain;
  }
  const intentOf = (event: AuditEvent, change: Partial<AuditIntent> = {}): AuditIntent => ({
    ...{ id: event.id, body: bodyOf(event), ready: false, writer: 'host-a/1', untilMs: startMs + dayMs },
    ...change,
  });
  const bodies = async (query: Partial<AuditQuery> = {}) =>
    (await store.list({ ...all, ...query })).map(({ body }) => body);

  it('begins empty, and its head is the last row', async () => {
    expect(await store.head()).toEqual(emptyChain);
    const last = await append(eventAt(0), eventAt(1));
    expect(await store.head()).toMatchObject({ seq: 2, hash: last.hash });
    expect(await store.hashAt(2)).toBe(last.hash);
    expect(await store.hashAt(3)).toBeNull();
  });

  it('gives a place in the chain once: the second to come is behind, and nothing of it is written', async () => {
    const [mine, other, begun] = [eventAt(0), eventAt(1), eventAt(2)];
    const rows = await continueChain(chain, emptyChain, [bodyOf(mine)]);
    await append(other);
    expect(await store.commit({ opened: [intentOf(begun, { ready: true })], rows, closed: [] })).toBe(
      'behind',
    );
    expect(await bodies()).toEqual([bodyOf(other)]);
    const settleable = { writer: 'host-a/1', nowMs: startMs, limit: 10 };
    expect(await store.settleable(settleable)).toEqual([]);
  });

  it('opens, appends and closes together', async () => {
    const event = eventAt(0);
    await store.commit({ opened: [intentOf(event, { ready: true })], rows: [], closed: [] });
    const settleable = { writer: 'host-a/1', nowMs: startMs, limit: 10 };
    expect(await store.settleable(settleable)).toEqual([intentOf(event, { ready: true })]);
    const rows = await continueChain(chain, emptyChain, [bodyOf(event)]);
    await store.commit({ opened: [], rows, closed: [event.id] });
    expect(await store.settleable(settleable)).toEqual([]);
    expect(await bodies()).toEqual([bodyOf(event)]);
  });

  it('opening an intent twice leaves it as it was', async () => {
    const event = eventAt(0);
    await store.commit({ opened: [intentOf(event)], rows: [], closed: [] });
    await store.commit({ opened: [intentOf(event, { ready: true })], rows: [], closed: [] });
    expect(await store.settleable({ writer: 'host-a/1', nowMs: startMs, limit: 10 })).toEqual([]);
  });

  it('gives to settle what is ready, what is past its time, and what an earlier start of the asker left', async () => {
    const intents = {
      ready: intentOf(eventAt(0), { ready: true, writer: 'host-b/9' }),
      late: intentOf(eventAt(1), { untilMs: startMs, writer: 'host-b/9' }),
      predecessors: intentOf(eventAt(2), { writer: 'host-a/0' }),
      own: intentOf(eventAt(3), { writer: 'host-a/1' }),
      neighbours: intentOf(eventAt(4), { writer: 'host-b/9' }),
      namedAlike: intentOf(eventAt(5), { writer: 'host-ab/9' }),
    };
    await store.commit({ opened: Object.values(intents), rows: [], closed: [] });
    const found = await store.settleable({ writer: 'host-a/1', nowMs: startMs, limit: 10 });
    expect(found.map(({ id }) => id).sort()).toEqual(
      [intents.ready.id, intents.late.id, intents.predecessors.id].sort(),
    );
    expect(await store.settleable({ writer: 'host-a/1', nowMs: startMs, limit: 2 })).toHaveLength(2);
  });

  it('lists newest first, page by page, by whose they are and by what is asked', async () => {
    const [user, org, workspace] = [
      newUserId(systemRandom),
      newOrgId(systemRandom),
      newWorkspaceId(systemRandom),
    ];
    const mine = eventAt(0, { who: { ...eventAt(0).who, id: user }, org: null });
    const theirs = eventAt(1, { org });
    const about = eventAt(2, { which: { kind: 'workspace', id: workspace, owner: null, org: null } });
    const refused = eventAt(3, { result: { outcome: 'refused', code: 'forbidden', status: 403 } });
    const suspended = eventAt(4, { what: 'workspace.suspend' });
    await append(mine, theirs, about, refused, suspended);

    const texts = [mine, theirs, about, refused, suspended].map(bodyOf).reverse();
    expect(await bodies()).toEqual(texts);
    expect(await bodies({ limit: 2 })).toEqual(texts.slice(0, 2));
    expect(await bodies({ before: 4, limit: 2 })).toEqual(texts.slice(2, 4));
    expect(await bodies({ after: 0, limit: 2 })).toEqual([bodyOf(mine), bodyOf(theirs)]);
    expect(await bodies({ after: 3 })).toEqual([bodyOf(refused), bodyOf(suspended)]);
    expect(await bodies({ scope: { kind: 'own', userId: user } })).toEqual([bodyOf(mine)]);
    expect(await bodies({ scope: { kind: 'organisation', orgId: org } })).toEqual([bodyOf(theirs)]);
    expect(await bodies({ resource: workspace })).toEqual([bodyOf(about)]);
    expect(await bodies({ outcome: 'refused' })).toEqual([bodyOf(refused)]);
    expect(await bodies({ action: 'workspace.suspend' })).toEqual([bodyOf(suspended)]);
    expect(await bodies({ actor: user })).toEqual([bodyOf(mine)]);
    expect(await bodies({ sinceMs: startMs + 1_000, untilMs: startMs + 2_000 })).toEqual([bodyOf(theirs)]);
  });

  it('gives rows in order with the columns that their events have', async () => {
    await append(eventAt(0), eventAt(1), eventAt(2));
    const rows = await store.rows(2, 10);
    expect(rows.map(({ seq }) => seq)).toEqual([2, 3]);
    expect(rows[0]?.columns).toMatchObject({ action: 'workspace.create', at: eventAt(1).at });
    expect((await store.rows(1, 1)).map(({ seq }) => seq)).toEqual([1]);
  });

  it('keeps one statement of a kind for a row', async () => {
    const statement = { kind: 'checkpoint', seq: 4, jws: 'a.b.c' } as const;
    expect(await store.addStatement(statement)).toBe(true);
    expect(await store.addStatement({ ...statement, jws: 'd.e.f' })).toBe(false);
    expect(await store.addStatement({ ...statement, seq: 2 })).toBe(true);
    expect(await store.statements()).toEqual([{ ...statement, seq: 2 }, statement]);
  });

  it('takes away a statement while a later one of its kind stays, and never the last one', async () => {
    const of = (kind: 'checkpoint' | 'removal', seq: number) => ({ kind, seq, jws: `${kind}.${seq}` });
    const all = [of('checkpoint', 1), of('checkpoint', 3), of('checkpoint', 5)];
    for (const statement of all) await store.addStatement(statement);
    expect(await store.statements(2)).toEqual(all.slice(0, 2));
    expect(await store.checkpointUpTo(4)).toEqual(all[1]);
    expect(await store.checkpointUpTo(0)).toBeNull();
    expect(await store.lastRemoval()).toBeNull();
    expect(await store.dropStatements(all.slice(0, 2))).toBe(2);
    await expect(store.dropStatements(all.slice(2))).rejects.toThrow();
    expect(await store.statements()).toEqual(all.slice(2));
    await store.addStatement(of('removal', 2));
    await store.addStatement(of('removal', 5));
    expect(await store.lastRemoval()).toEqual(of('removal', 5));
    expect(await store.dropStatements([of('removal', 2), of('checkpoint', 5)])).toBe(2);
    expect(await store.statements()).toEqual([of('removal', 5)]);
  });

  describe('what is old', () => {
    const days = limits.audit.retentionDaysByTier;
    const [brief, long] = [newOrgId(systemRandom), newOrgId(systemRandom)];
    const of = (org: OrgId | null, second: number) => eventAt(second, { org });

    it('is the part before the first event that is still wanted, and never the newest event', async () => {
      await store.keepPolicy(brief, 1);
      const [, second] = [await append(of(brief, 0)), await append(of(brief, 1))];
      await append(of(long, 2), of(brief, 3));
      expect(await store.lastExpired(startMs + dayMs / 2, days, 100)).toBeNull();
      expect(await store.lastExpired(startMs + 2 * dayMs, days, 100)).toMatchObject({
        seq: 2,
        hash: second.hash,
      });
      await store.keepPolicy(long, 2);
      expect(await store.lastExpired(startMs + 9 * dayMs, days, 100)).toMatchObject({ seq: 3 });
      expect(await store.lastExpired(startMs + 9 * dayMs, days, 2)).toMatchObject({ seq: 2 });
      await store.keepPolicy(long, null);
      expect(await store.lastExpired(startMs + 9 * dayMs, days, 100)).toMatchObject({ seq: 2 });
    });

    it('is kept for the longest time where nothing is known of its organisation', async () => {
      await append(of(null, 0), of(long, 1), of(long, 2));
      expect(await store.lastExpired(startMs + (days.enterprise - 1) * dayMs, days, 100)).toBeNull();
      expect(await store.lastExpired(startMs + (days.enterprise + 1) * dayMs, days, 100)).toMatchObject({
        seq: 2,
      });
    });

    it('knows how far an export has come, never further than the log and never back', async () => {
      expect(await store.exportedThrough()).toBe(0);
      await append(of(brief, 0), of(brief, 1), of(brief, 2));
      for (const [told, known] of [
        [2, 2],
        [1, 2],
        [9, 3],
      ] as const) {
        await store.noteExported(told);
        expect(await store.exportedThrough()).toBe(known);
      }
    });

    it('goes with its statement, once, and the chain goes on behind it', async () => {
      await append(of(brief, 0), of(brief, 1));
      const third = await append(of(brief, 2));
      const statement = { kind: 'removal', seq: 2, jws: 'a.b.c' } as const;
      expect(await store.remove(statement)).toBe(2);
      expect(await store.remove(statement)).toBe(0);
      expect((await store.rows(1, 10)).map(({ seq }) => seq)).toEqual([3]);
      expect(await store.head()).toMatchObject({ seq: 3, hash: third.hash });
      expect((await append(of(brief, 3))).seq).toBe(4);
    });
  });
});
