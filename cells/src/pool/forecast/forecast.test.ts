import { limits } from '@cellbook/shared/limits.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import { expectation, newForecast, observe } from './forecast.ts';

const { intervalMs, probability } = limits.pool.forecast;
const random = seededRandom(11);
const dayMs = 86_400_000;

/** Poisson numbers (Knuth), small means. */
function arrivals(mean: number): number {
  let count = 0;
  for (let product = random.float(); product > Math.exp(-mean); product *= random.float()) count++;
  return count;
}

test('nothing is expected before anything was seen, and nothing of one who never comes', () => {
  const forecast = newForecast();
  for (let atMs = 0; atMs < dayMs; atMs += intervalMs) observe(forecast, atMs, 0);
  expect(expectation(forecast, dayMs).mean).toBe(0);
  expect(Math.ceil(expectation(forecast, dayMs).quantile(probability))).toBe(0);
});

test('busy hours of a day are expected on the days after, and quiet ones too', () => {
  const forecast = newForecast();
  const meanAt = (atMs: number) => (Math.floor(atMs / 3_600_000) % 24 === 9 ? 4 : 0.05);
  let [within, of] = [0, 0];
  for (let atMs = 0; atMs < 15 * dayMs; atMs += intervalMs) {
    const count = arrivals(meanAt(atMs));
    if (atMs >= 14 * dayMs) {
      within += count <= Math.ceil(expectation(forecast, atMs).quantile(probability)) ? 1 : 0;
      of++;
    }
    observe(forecast, atMs, count);
  }
  expect(within / of).toBeGreaterThan(0.93);
  const at = (hour: number) => expectation(forecast, 15 * dayMs + hour * 3_600_000).mean;
  expect(at(9)).toBeGreaterThan(10 * at(3));
});

test('a level that has changed is followed within minutes', () => {
  const forecast = newForecast();
  for (let minute = 0; minute < 600; minute++) observe(forecast, minute * intervalMs, 1);
  for (let minute = 600; minute < 615; minute++) observe(forecast, minute * intervalMs, 20);
  expect(expectation(forecast, 615 * intervalMs).quantile(probability)).toBeGreaterThan(15);
});
