import { newUserId } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../db/test-database.ts';
import type { IdempotencyStore } from './idempotency-store.ts';
import { MemoryIdempotencyStore } from './memory-idempotency-store.ts';
import { PostgresIdempotencyStore } from './postgres-idempotency-store.ts';

let fresh: TestDatabase;
beforeAll(async () => {
  fresh = await createTestDatabase();
});
afterAll(() => fresh?.drop());

const random = seededRandom(11);
const nowMs = 1_750_000_000_000;
const claim = (claimId: string, changes: object = {}) => ({
  ...{ bodyHash: 'h', claimId, nowMs, lockMs: 1_000, ttlMs: 60_000 },
  ...changes,
});
const newScope = () => ({ userId: newUserId(random), route: 'POST /v1/workspaces', key: random.uuid() });

describe.each<[string, () => IdempotencyStore]>([
  ['in memory', () => new MemoryIdempotencyStore()],
  ['on Postgres', () => new PostgresIdempotencyStore(fresh.database)],
])('idempotency keys %s', (_name, open) => {
  it('gives a key to one of many who claim it at once', async () => {
    const store = open();
    const scope = newScope();
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    const results = await Promise.all(ids.map((id) => store.claim(scope, claim(id))));
    expect(results.filter(({ state }) => state === 'claimed')).toHaveLength(1);
    expect(results.filter(({ state }) => state === 'in_progress')).toHaveLength(5);
  });

  it('replays what was answered, and refuses another body', async () => {
    const store = open();
    const scope = newScope();
    await store.claim(scope, claim('a'));
    const answer = { status: 201, body: { id: 'ws', list: [1, null] } };
    await store.answer(scope, 'a', answer);
    expect(await store.claim(scope, claim('b'))).toEqual({ state: 'answered', answer });
    expect(await store.claim(scope, claim('b', { bodyHash: 'other' }))).toEqual({ state: 'other_body' });
  });

  it('lets the next one take over after the lock, under the first claim’s id', async () => {
    const store = open();
    const scope = newScope();
    await store.claim(scope, claim('first'));
    expect(await store.claim(scope, claim('b', { nowMs: nowMs + 999 }))).toEqual({ state: 'in_progress' });
    const late = claim('b', { nowMs: nowMs + 1_000 });
    expect(await store.claim(scope, late)).toEqual({ state: 'claimed', claimId: 'first' });
  });

  it('lets the next one try at once after a release, and never releases an answer', async () => {
    const store = open();
    const scope = newScope();
    await store.claim(scope, claim('a'));
    await store.release(scope, 'a', nowMs);
    expect(await store.claim(scope, claim('b'))).toEqual({ state: 'claimed', claimId: 'a' });
    await store.answer(scope, 'a', { status: 200, body: null });
    await store.release(scope, 'a', nowMs);
    expect(await store.claim(scope, claim('c'))).toMatchObject({ state: 'answered' });
  });

  it('forgets a key after its time: then it is a new one, with any body', async () => {
    const store = open();
    const scope = newScope();
    await store.claim(scope, claim('a'));
    await store.answer(scope, 'a', { status: 200, body: null });
    const later = nowMs + 60_000;
    const anew = claim('b', { nowMs: later, bodyHash: 'other' });
    expect(await store.claim(scope, anew)).toEqual({ state: 'claimed', claimId: 'b' });
    await store.removeExpired(later);
    expect(await store.claim(scope, anew)).toEqual({ state: 'in_progress' });
    expect(await store.removeExpired(later + 60_000)).toBeGreaterThanOrEqual(1);
    expect(await store.removeExpired(later + 60_000)).toBe(0);
  });
});
