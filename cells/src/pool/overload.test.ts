/**
 * What a cell does when ten times as many come as it was told to expect, and nothing is ready: the real lifecycle,
 * pool and host, in simulated time over a driver that takes as long as real sandboxes do (testing/timed-driver.ts).
 */
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import { expect, test } from 'vitest';
import { openOverloadedCell } from './testing/overloaded-cell.ts';
import { of, quantile, rush, tierOf, tookMs } from './testing/rush.ts';

test('at ten times the forecast with nothing ready enterprise waits for a second at most, paid for five, and free sees its place move', async () => {
  // Of the seeds with which enterprise had waited for more than a second when its floor was filled more slowly.
  const { came, waiting, isDraining } = await rush(5);
  // More than two processors can start: those that are left are free ones, and they wait in a queue.
  expect(waiting).toBeGreaterThan(10);
  expect(isDraining).toBe(false);
  expect(came.length).toBeGreaterThan(250);
  expect(came.filter((each) => each.tookMs === null)).toEqual([]);
  expect(quantile(tookMs(came, 'enterprise'), 0.95)).toBeLessThanOrEqual(1_000);
  expect(quantile(tookMs(came, 'paid'), 0.95)).toBeLessThanOrEqual(5_000);
  const patient = of(came, 'free').filter((each) => (each.tookMs ?? 0) > 5_000);
  expect(patient.length).toBeGreaterThan(10);
  for (const { told } of patient) {
    expect(new Set(told).size).toBeGreaterThan(2);
    expect(told.at(-1)).toBeNull();
  }
}, 120_000);

test('two hundred at once: none fails, and each tier is through before the next', async () => {
  const cell = await openOverloadedCell({ processors: 2, usual: 4, seed: 21 });
  await cell.clock.advance(2_500);
  for (let index = 0; index < 200; index++) await cell.come(tierOf(((index * 7919) % 200) / 200));
  for (let passedMs = 0; passedMs < 180_000; passedMs += 100) await cell.clock.advance(100);
  const came = [...cell.came.values()];
  expect(came.filter((each) => each.tookMs === null)).toEqual([]);
  const half = (tier: Tier) => quantile(tookMs(came, tier), 0.5);
  expect(half('enterprise')).toBeLessThan(half('paid'));
  expect(half('paid')).toBeLessThan(half('free'));
  expect(Math.max(...tookMs(came, 'enterprise'))).toBeLessThan(half('free'));
}, 120_000);
