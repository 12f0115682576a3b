/** `npm run sim:gpu -- tiers [--hours 24] [--gpus 128] [--load 1.3] [--poison] [--what-if] [--plot FILE.svg] [--json]` */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { seededRandom } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import { usage } from '../usage.ts';
import { type DayJob, drawDay } from './day.ts';
import { drawPlot } from './plot.ts';
import { dayPolicy, whatIfs } from './policies.ts';
import { runDay } from './run-day.ts';
import { judgePoison, type Summary, summaryOf } from './summary.ts';

const optionsSchema = z.object({
  hours: z.coerce
    .number()
    .min(0.5)
    .max(24 * 14)
    .default(24),
  gpus: z.coerce.number().int().min(64).max(20_000).default(128),
  load: z.coerce.number().positive().max(10).default(1.3),
  seed: z.coerce.number().int().default(1),
  poison: z.boolean().default(false),
  'what-if': z.boolean().default(false),
  plot: z.string().optional(),
  json: z.boolean().default(false),
});
type Options = z.infer<typeof optionsSchema>;

export function main(args: string[]): void {
  const options = usage(optionsSchema, () => readArguments(args), {
    doing: 'reading the options of the day',
    next: 'All may be left out: --hours 24 --gpus 128 --load 1.3 --seed 1 --poison --what-if --plot FILE.svg --json',
  });
  const { gpus, hours, load } = options;
  const jobs = drawDay({ gpus, hours, load, random: seededRandom(options.seed) });
  const outcome = runDay({ gpus, hours, jobs, policy: dayPolicy, poison: false });
  const summary = summaryOf(outcome, jobs.length);
  if (options.plot) writeFileSync(options.plot, drawPlot(outcome, { gpus, hours, load }));
  const report = {
    ...{ hours, gpus, load, ...summary },
    ...(options['what-if'] ? { whatIf: runWhatIfs(options, jobs) } : {}),
    ...(options.poison ? { poison: judgePoison(outcome, runPoisoned(options, jobs)) } : {}),
  };
  if (!options.json) print(summary);
  console.log(JSON.stringify(report));
}

function runPoisoned({ gpus, hours }: Options, jobs: readonly DayJob[]) {
  return runDay({ gpus, hours, jobs, policy: dayPolicy, poison: true });
}

function runWhatIfs({ gpus, hours }: Options, jobs: readonly DayJob[]): Record<string, Summary> {
  const entries = Object.entries(whatIfs).map(([name, policy]) => {
    const outcome = runDay({ gpus, hours, jobs, policy, poison: false });
    return [name, summaryOf(outcome, jobs.length)] as const;
  });
  return Object.fromEntries(entries);
}

function print({ startMs, utilisation, floorKept }: Summary): void {
  for (const [tier, { p50, p95 }] of Object.entries(startMs))
    console.log(`${tier}: starts after ${seconds(p50)} s, 95 % within ${seconds(p95)} s`);
  console.log(
    `${(100 * utilisation).toFixed(2)} % of the GPUs in use; floors kept: ${JSON.stringify(floorKept)}`,
  );
}

const seconds = (ms: number): string => (ms / 1000).toFixed(1);

function readArguments(args: string[]): unknown {
  const string = { type: 'string' } as const;
  const boolean = { type: 'boolean' } as const;
  const options = { hours: string, gpus: string, load: string, seed: string, plot: string };
  return parseArgs({ args, options: { ...options, poison: boolean, 'what-if': boolean, json: boolean } })
    .values;
}
