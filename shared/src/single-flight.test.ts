import { expect, test } from 'vitest';
import { SingleFlight } from './single-flight.ts';

test('a hundred callers of one key cause one flight and share its outcome', async () => {
  const flights = new SingleFlight<string, number>();
  let started = 0;
  const results = await Promise.all(
    Array.from({ length: 100 }, () => flights.run('a', async () => ++started)),
  );
  expect(new Set(results)).toEqual(new Set([1]));
});

test('a failure reaches every caller and clears the way for the next', async () => {
  const flights = new SingleFlight<string, number>();
  const failing = [1, 2].map(() => flights.run('a', () => Promise.reject(new Error('down'))));
  for (const flight of failing) await expect(flight).rejects.toThrow('down');
  expect(flights.has('a')).toBe(false);
  await expect(flights.run('a', async () => 5)).resolves.toBe(5);
});

test('different keys do not wait for each other', async () => {
  const flights = new SingleFlight<string, string>();
  void flights.run('slow', () => new Promise(() => {}));
  await expect(flights.run('fast', async () => 'done')).resolves.toBe('done');
});
