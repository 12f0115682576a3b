/**
 * The forecast over a series, as a program: reads `{startMs, asked: number[]}` from its standard input, one number for
 * each interval, and prints what was expected of each before it was seen, as `{median, quantile}` (of the pool's
 * probability), each a list as long.
 */
import { text } from 'node:stream/consumers';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import { expectation, newForecast, observe } from './forecast.ts';

const { intervalMs, probability } = limits.pool.forecast;
const seriesSchema = z.object({
  startMs: z.number().multipleOf(intervalMs),
  asked: z.array(z.int().nonnegative()),
});

const { startMs, asked } = seriesSchema.parse(JSON.parse(await text(process.stdin)));
const forecast = newForecast();
const median: number[] = [];
const quantile: number[] = [];
for (const [index, count] of asked.entries()) {
  const atMs = startMs + index * intervalMs;
  const expected = expectation(forecast, atMs);
  median.push(expected.quantile(0.5));
  quantile.push(expected.quantile(probability));
  observe(forecast, atMs, count);
}
process.stdout.write(JSON.stringify({ median, quantile }));
