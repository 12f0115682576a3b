import type { AttemptId } from '@cellbook/shared/ids.ts';
import type { AgentOrders } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeaseHolder } from './lease-holder.ts';
import { attemptOf, ordersOf, runOrder } from './testing/orders.ts';

const leaseMs = 60_000;
const [a, b] = [attemptOf(1), attemptOf(2)];
const granting = (...ids: AttemptId[]) => ordersOf({ epoch: 1, leaseMs, run: ids.map((id) => runOrder(id)) });

describe('the holder of leases', () => {
  it('counts a lease from when the report was sent, whenever its answer came', () => {
    const holder = new LeaseHolder();
    holder.answered(granting(a), 1_000, 31_000);
    expect(holder.untilMs(a)).toBe(61_000);
  });

  it('stops in time to save, and kills before the lease can end', () => {
    const holder = new LeaseHolder();
    holder.answered(granting(a), 0, 0);
    expect(holder.nextDueMs()).toBe(45_000);
    expect(holder.due(44_999)).toEqual({ stop: [], kill: [] });
    expect(holder.due(45_000).stop).toEqual([{ attemptId: a, stopMs: 10_000 }]);
    expect(holder.due(54_999)).toEqual({ stop: [], kill: [] });
    expect(holder.due(55_000).kill).toEqual([a]);
    expect(holder.nextDueMs()).toBeNull();
  });

  it('starts nothing again that is over, however often it is ordered', () => {
    const holder = new LeaseHolder();
    expect(holder.answered(granting(a), 0, 0)?.start).toHaveLength(1);
    expect(holder.answered(granting(a), 10, 10)?.start).toEqual([]);
    holder.ended(a);
    expect(holder.answered(granting(a), 20, 20)?.start).toEqual([]);
    expect(new LeaseHolder([a]).answered(granting(a), 0, 0)?.start).toEqual([]);
  });

  it('takes an earlier agent’s unfinished attempt up from the first answer that names it, and gives it up by one that does not', () => {
    const leaderless = { ...granting(a), leaderless: true };
    const left = () => new LeaseHolder([], [a]);
    const holder = left();
    expect(holder.answered(leaderless, 0, 0)).toMatchObject({ start: [], drop: [] });
    expect(holder.answered(granting(a), 0, 50_000)).toMatchObject({ start: [], drop: [] });
    expect(holder.answered(granting(a), 50_000, 50_000)?.start).toHaveLength(1);
    expect(holder.untilMs(a)).toBe(110_000);
    expect(holder.answered(granting(a), 60_000, 60_000)?.start).toEqual([]);
    const stop = [{ attemptId: a, because: 'superseded', save: false, stopMs: 0 } as const];
    expect(left().answered({ ...granting(), stop }, 0, 0)).toMatchObject({ start: [], stop, drop: [] });
    const given = left();
    expect(given.answered(granting(), 0, 0)?.drop).toEqual([a]);
    expect(given.answered(granting(a), 1, 1)?.start).toEqual([]);
  });

  it('drops an answer of an older epoch whole', () => {
    const holder = new LeaseHolder();
    holder.answered({ ...granting(a), epoch: 5 }, 0, 0);
    expect(holder.answered({ ...granting(b), epoch: 4 }, 50_000, 50_000)).toBeNull();
    expect(holder.untilMs(a)).toBe(60_000);
    expect(holder.untilMs(b)).toBeNull();
    expect(holder.epoch).toBe(5);
  });

  it('takes the right from what an answer does not name', () => {
    const holder = new LeaseHolder();
    holder.answered(granting(a, b), 0, 0);
    expect(holder.answered(granting(b), 1, 1)?.drop).toEqual([a]);
    expect(holder.untilMs(a)).toBeNull();
    expect(holder.answered(granting(a, b), 2, 2)?.start).toEqual([]);
  });

  it('holds on while nobody leads, and starts and stops nothing', () => {
    const holder = new LeaseHolder();
    holder.answered(granting(a), 0, 0);
    const leaderless = { ...ordersOf({ epoch: 0, leaseMs, run: [runOrder(b)] }), leaderless: true };
    expect(holder.answered(leaderless, 40_000, 40_000)).toEqual({
      start: [],
      stop: [],
      drop: [],
      forget: [],
    });
    expect(holder.untilMs(a)).toBe(100_000);
    expect(holder.untilMs(b)).toBeNull();
    expect(holder.epoch).toBe(1);
  });

  it('starts nothing on a grant that is almost over when it comes', () => {
    expect(new LeaseHolder().answered(granting(a), 0, 45_000)?.start).toEqual([]);
    expect(new LeaseHolder().answered(granting(a), 0, 44_999)?.start).toHaveLength(1);
  });

  it('never lets a lease be shortened by an answer that was long under way', () => {
    const holder = new LeaseHolder();
    holder.answered(granting(a), 10_000, 10_000);
    holder.answered(granting(a), 5_000, 12_000);
    expect(holder.untilMs(a)).toBe(70_000);
  });

  it('always has killed whatever is not renewed before its lease ends, for any answers in any order', () => {
    const step = fc.record({
      passMs: fc.integer({ min: 1, max: 40_000 }),
      delayMs: fc.integer({ min: 0, max: 70_000 }),
      epoch: fc.integer({ min: 0, max: 3 }),
      leaderless: fc.boolean(),
      ids: fc.subarray([1, 2, 3, 4]),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const holder = new LeaseHolder();
        const granted = new Map<AttemptId, number>();
        let nowMs = 100_000;
        for (const { passMs, delayMs, epoch, leaderless, ids } of steps) {
          // It looks whenever something is due, as its shell does.
          const untilMs = nowMs + passMs;
          for (let at = holder.nextDueMs(); at !== null && at <= untilMs; at = holder.nextDueMs())
            holder.due(at);
          nowMs = untilMs;
          const sentMs = nowMs - delayMs;
          const run = ids.map((id) => runOrder(attemptOf(id)));
          const orders: AgentOrders = { ...ordersOf({ epoch, leaseMs, run }), leaderless };
          const heldBefore = [...granted.keys()].filter((id) => holder.untilMs(id) !== null);
          const instructions = holder.answered(orders, sentMs, nowMs);
          const renewed = leaderless ? heldBefore : instructions ? ids.map(attemptOf) : [];
          for (const id of renewed) granted.set(id, Math.max(granted.get(id) ?? 0, sentMs + leaseMs));
          for (const id of [1, 2, 3, 4].map(attemptOf)) {
            const until = holder.untilMs(id);
            if (until === null) continue;
            expect(until).toBeLessThanOrEqual(granted.get(id) ?? 0);
          }
          holder.due(nowMs);
          for (const id of [1, 2, 3, 4].map(attemptOf))
            if (holder.untilMs(id) !== null) expect(nowMs).toBeLessThan(granted.get(id) ?? 0);
        }
      }),
      { numRuns: 300 },
    );
  });
});
