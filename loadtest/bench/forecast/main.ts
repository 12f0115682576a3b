/**
 * `npm run bench -- forecast [--json]`: the pool's forecast of demand against seasonal-naive, on days held back of a
 * public series of arrivals, one interval ahead at a time. The forecast is the cell's own program.
 */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import { type Score, scoreOf, seasonalNaive } from './score.ts';
import { phillyFile, readPhilly, type Series } from './series.ts';

const program = resolve(import.meta.dirname, '../../../cells/src/pool/forecast/main.ts');
const heldBackDays = 28;
const dayMs = 86_400_000;
const forecastedSchema = z.object({ median: z.array(z.number()), quantile: z.array(z.number()) });

const { values } = parseArgs({ args: process.argv.slice(3), options: { json: { type: 'boolean' } } });
const { intervalMs, probability } = limits.pool.forecast;
const series = await readPhilly(intervalMs).catch((error: NodeJS.ErrnoException) => {
  if (error.code !== 'ENOENT') throw error;
  console.error(`there is no series to forecast: ${phillyFile} is absent`);
  process.exit(1);
});
report(series);

function report({ name, startMs, asked }: Series): void {
  const from = asked.length - (heldBackDays * dayMs) / intervalMs;
  const score = (forecast: Parameters<typeof scoreOf>[2]) => scoreOf(asked, from, forecast, probability);
  const said = execFileSync(process.execPath, [program], {
    ...{ input: JSON.stringify({ startMs, asked }), maxBuffer: 64 * 2 ** 20, timeout: 120_000 },
  });
  const ours = score(forecastedSchema.parse(JSON.parse(said.toString('utf8'))));
  const naive = (seasonMs: number) => score(seasonalNaive(asked, from, seasonMs / intervalMs, probability));
  const [daily, weekly] = [naive(dayMs), naive(7 * dayMs)];
  // It is held against the better of the two seasons.
  const [season, best] = daily.pinball <= weekly.pinball ? ['day', daily] : ['week', weekly];
  const ratio = { mae: share(ours, best, 'mae'), pinball: share(ours, best, 'pinball') };
  const result = {
    ...{ series: name, intervalMs, probability, heldBackDays, n: asked.length - from },
    ...{ ours, seasonalNaive: { season, ...best }, seasonalNaiveWeekly: weekly, ratio },
  };
  if (values.json) console.log(JSON.stringify(result));
  else console.log(JSON.stringify(result, null, 2));
}

function share(ours: Score, theirs: Score, by: 'mae' | 'pinball'): number {
  return Math.round((ours[by] / theirs[by]) * 1_000) / 1_000;
}
