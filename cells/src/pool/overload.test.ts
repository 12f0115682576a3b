/**
 * What a cell does when ten times as many come as it was told to expect, and nothing is ready: the real lifecycle,
 * pool and host, in simulated time over a driver that takes as long as real sandboxes do (testing/timed-driver.ts).
 */
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import { expect, test } from 'vitest';
import { type Came, openOverloadedCell } from './testing/overloaded-cell.ts';

const p95 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1] ?? Number.NaN;

const of = (came: Iterable<Came>, tier: Tier) => [...came].filter((each) => each.tier === tier);
const tookMs = (came: Iterable<Came>, tier: Tier) =>
  of(came, tier).map((each) => each.tookMs ?? Number.POSITIVE_INFINITY);

/** Of those that come one in ten is enterprise, three are paid, six free. */
const tierOf = (share: number): Tier => (share < 0.1 ? 'enterprise' : share < 0.4 ? 'paid' : 'free');

test('at ten times the forecast with nothing ready enterprise waits for a second at most, paid for five, and free sees its place move', async () => {
  const perMinute = 30;
  const cell = await openOverloadedCell({ processors: 2, usual: perMinute });
  await cell.clock.advance(2_500);
  await cell.empty();
  const stepMs = 20;
  for (let passedMs = 0; passedMs < 60_000; passedMs += stepMs) {
    if (cell.random.float() < (10 * perMinute * stepMs) / 60_000)
      await cell.come(tierOf(cell.random.float()));
    await cell.clock.advance(stepMs);
  }
  // More than two processors can start: those that are left are free ones, and they wait in a queue.
  const waiting = [...cell.came.values()].filter((each) => each.tookMs === null);
  expect(waiting.length).toBeGreaterThan(10);
  expect(cell.lifecycle.isDraining).toBe(false);
  await cell.clock.advance(120_000);
  const came = [...cell.came.values()];
  console.info(
    ['enterprise', 'paid', 'free'].map(
      (tier) => `${tier} p95 ${p95(tookMs(came, tier as Tier))} ms, n ${of(came, tier as Tier).length}`,
    ),
  );
  expect(came.length).toBeGreaterThan(250);
  expect(came.filter((each) => each.tookMs === null)).toEqual([]);
  expect(p95(tookMs(came, 'enterprise'))).toBeLessThanOrEqual(1_000);
  expect(p95(tookMs(came, 'paid'))).toBeLessThanOrEqual(5_000);
  const patient = of(came, 'free').filter((each) => (each.tookMs ?? 0) > 5_000);
  expect(patient.length).toBeGreaterThan(10);
  for (const { told } of patient) {
    expect(new Set(told).size).toBeGreaterThan(2);
    expect(told.at(-1)).toBeNull();
  }
}, 120_000);

test('two hundred at once: none fails, and each tier is through before the next', async () => {
  const cell = await openOverloadedCell({ processors: 2, usual: 4 });
  await cell.clock.advance(2_500);
  for (let index = 0; index < 200; index++) await cell.come(tierOf(((index * 7919) % 200) / 200));
  for (let passedMs = 0; passedMs < 180_000; passedMs += 100) await cell.clock.advance(100);
  const came = [...cell.came.values()];
  expect(came.filter((each) => each.tookMs === null)).toEqual([]);
  const half = (tier: Tier) =>
    tookMs(came, tier).toSorted((a, b) => a - b)[Math.floor(of(came, tier).length / 2)] ?? 0;
  expect(half('enterprise')).toBeLessThan(half('paid'));
  expect(half('paid')).toBeLessThan(half('free'));
  expect(Math.max(...tookMs(came, 'enterprise'))).toBeLessThan(half('free'));
}, 120_000);
