/** What is counted, through the real stores on real Postgres, against the same worked out the slow way. */

import type { UsageGroup, UsageStep } from '@cellbook/shared/protocol/usage-api.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { readUsage, type UsageAsked, type UsagePiece } from './read-usage.ts';
import { holdUsageClock, type UsageClock } from './testing/usage-clock.ts';
import { UsageHistory } from './testing/usage-history.ts';
import { type Key, UsageModel } from './testing/usage-model.ts';

const hourMs = 3_600_000;
const beginMs = Date.parse('2026-01-30T21:17:03.004Z');
let fresh: TestDatabase;
let clock: UsageClock;
beforeEach(async () => {
  fresh = await createTestDatabase();
  clock = await holdUsageClock(fresh.database, beginMs);
}, 60_000);
afterEach(() => fresh?.drop());

const keyOf: Record<UsageGroup, Key> = {
  ...{ workspace: 'workspaceId', user: 'ownerId', team: 'team', organisation: 'orgId' },
};

/** The begins of the steps from one whole hour to another, and the end. */
function stepsOf(by: UsageStep, fromMs: number, toMs: number): number[] {
  const starts = [fromMs];
  for (let atMs = fromMs + hourMs; atMs < toMs && by !== 'total'; atMs += hourMs) {
    const at = new Date(atMs);
    const isDay = at.getUTCHours() === 0;
    if (by === 'hour' || (isDay && (by === 'day' || at.getUTCDate() === 1))) starts.push(atMs);
  }
  return [...starts, toMs];
}

function summed(pieces: readonly UsagePiece[]): Map<string, { activeMs: number; total: number }> {
  const all = new Map<string, { activeMs: number; total: number }>();
  for (const { startSeconds, key, meter, activeMs, total } of pieces) {
    const where = `${startSeconds * 1_000} ${key} ${meter}`;
    const sum = all.get(where) ?? { activeMs: 0, total: 0 };
    all.set(where, { activeMs: sum.activeMs + activeMs, total: sum.total + total });
  }
  return all;
}

async function expectSame(model: UsageModel, asked: UsageAsked & { toMs: number }, nowMs: number) {
  const read = summed(await readUsage(fresh.database, asked));
  const { by, group, fromMs, toMs } = asked;
  const counted = model.counted(keyOf[group], stepsOf(by, fromMs, toMs), nowMs);
  expect([...read.keys()].sort(), `${by} ${group}`).toEqual([...counted.keys()].sort());
  for (const [where, { activeMs, total }] of counted) {
    expect(read.get(where)?.activeMs, `${where} by ${by}`).toBe(Number(activeMs));
    // Of two tiers or sizes two doubles are added.
    expect(Math.abs((read.get(where)?.total ?? 0) - Number(total)), where).toBeLessThanOrEqual(
      Number(total) * 1e-14,
    );
  }
}

describe('usage', () => {
  it.each([1, 2, 3])(
    'is what was held, to the millisecond, whatever crashed, came twice or late, and however the clock went (seed %i)',
    async (seed) => {
      const random = seededRandom(seed);
      const model = new UsageModel();
      const history = new UsageHistory(random, fresh.database, clock, model, beginMs);
      const { orgId } = await history.begin(6);
      let latestMs = beginMs;
      for (let step = 0; step < 160; step++) {
        await history.step();
        latestMs = Math.max(latestMs, history.nowMs);
      }
      const first = Math.floor(beginMs / hourMs) * hourMs;
      const last = Math.ceil(latestMs / hourMs) * hourMs + hourMs;
      for (const by of ['hour', 'day', 'month', 'total'] as const)
        for (const group of ['workspace', 'user', 'team', 'organisation'] as const)
          await expectSame(model, { orgId, fromMs: first, toMs: last, by, group }, history.nowMs);
      const middle = first + random.int((last - first) / hourMs) * hourMs;
      await expectSame(
        model,
        { orgId, fromMs: middle, toMs: middle + 7 * hourMs, by: 'day', group: 'workspace' },
        history.nowMs,
      );
    },
    120_000,
  );
});
