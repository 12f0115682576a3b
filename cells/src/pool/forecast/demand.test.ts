import { ManualClock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../db/test-database.ts';
import { Demand } from './demand.ts';
import { createPostgresDemandStore, type DemandStore, MemoryDemandStore } from './demand-store.ts';

const { intervalMs, keepMs } = limits.pool.forecast;
let fresh: TestDatabase;
beforeAll(async () => {
  fresh = await createTestDatabase();
}, 60_000);
afterAll(() => fresh?.drop());

const implementations: [string, () => DemandStore][] = [
  ['memory', () => new MemoryDemandStore()],
  ['postgres', () => createPostgresDemandStore(fresh.database)],
];

describe.each(implementations)('the demand store in %s', (_, create) => {
  test('adds up what several counted of one interval, and forgets what is old', async () => {
    const store = create();
    for (const [minute, asked] of [
      [0, 1],
      [3, 2],
      [3, 5],
      [1, 4],
    ] as const)
      await store.add({ startMs: minute * intervalMs, asked });
    const first = { startMs: intervalMs, asked: 4 };
    expect(await store.since(1)).toEqual([first, { startMs: 3 * intervalMs, asked: 7 }]);
    await store.forget(3 * intervalMs);
    expect(await store.since(0)).toEqual([{ startMs: 3 * intervalMs, asked: 7 }]);
  });
});

function open(store = new MemoryDemandStore(), clock = new ManualClock()) {
  return { store, clock, demand: new Demand(store, clock) };
}

async function ask({ demand, clock }: ReturnType<typeof open>, minutes: number, each: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    for (let asked = 0; asked < each; asked++) demand.note();
    await demand.settle();
    await clock.advance(intervalMs);
  }
  await demand.settle();
}

test('what was asked for is expected again, and the next controller expects the same', async () => {
  const cell = open();
  await cell.clock.advance(keepMs);
  await ask(cell, 120, 3);
  const wanted = cell.demand.wanted();
  expect(wanted).toBeGreaterThanOrEqual(3);
  const next = open(cell.store, cell.clock);
  expect(next.demand.wanted()).toBe(0);
  await next.demand.settle();
  expect(next.demand.wanted()).toBe(wanted);
});

test('minutes in which nobody came count, also those in which no controller ran', async () => {
  const cell = open();
  await ask(cell, 60, 5);
  await cell.clock.advance(24 * 60 * intervalMs);
  const next = open(cell.store, cell.clock);
  await next.demand.settle();
  expect(next.demand.wanted()).toBeLessThanOrEqual(1);
});

test('what two controllers counted of one minute is one number', async () => {
  const cell = open();
  cell.demand.note();
  await cell.demand.settle();
  const next = open(cell.store, cell.clock);
  next.demand.note();
  await next.demand.settle();
  expect(await cell.store.since(0)).toMatchObject([{ asked: 2 }]);
});
