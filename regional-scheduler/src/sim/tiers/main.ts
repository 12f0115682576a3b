/**
 * `npm run sim:gpu -- tiers [--hours 24] [--gpus 128] [--load 1.3] [--seed 1] [--interactive 0.1] [--poison] [--what-if] [--scale]
 * [--plot FILE.svg|FILE.html] [--json]`: a day by the default policy, and what would be if; with `--scale`, a day of long
 * jobs on hosts that come and go. How far it is is told on standard error.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { seededRandom } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import type { RegionPolicy } from '../../core/model/policy.ts';
import { usage } from '../usage.ts';
import { type DayJob, drawDay, withPeople } from './day.ts';
import { drawPage, type Run } from './page.ts';
import { drawPlot } from './plot.ts';
import { dayPolicy, scaled, whatIfs } from './policies.ts';
import { type DayOutcome, runDay } from './run-day.ts';
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
  /** Of the jobs on one or two GPUs, how many a person waits in front of. */
  interactive: z.coerce.number().min(0).max(1).default(0),
  poison: z.boolean().default(false),
  'what-if': z.boolean().default(false),
  scale: z.boolean().default(false),
  plot: z.string().optional(),
  json: z.boolean().default(false),
});
type Options = z.infer<typeof optionsSchema>;

export function main(args: string[]): void {
  const options = usage(optionsSchema, () => readArguments(args), {
    doing: 'reading the options of the day',
    next: 'All may be left out: --hours 24 --gpus 128 --load 1.3 --seed 1 --interactive 0.1 --poison --what-if --scale --plot FILE.svg --json',
  });
  const { gpus, hours, load } = options;
  const draw = (stretch: number) =>
    drawDay({ gpus, hours, load, stretch, random: seededRandom(options.seed) });
  const jobs = withPeople(draw(1), options.interactive, seededRandom(options.seed));
  const asItIs = run(options, jobs, 'as it is', dayPolicy);
  const others = {
    whatIf: options['what-if'] ? runAll(options, jobs, whatIfs) : [],
    scale: options.scale ? runAll(options, draw(longJobs), scaled(gpus)) : [],
  };
  const poisoned = options.poison ? play(options, jobs, { name: 'poisoned', policy: dayPolicy }) : null;
  const runs = [asItIs, ...others.whatIf, ...others.scale];
  if (options.plot) {
    const day = { gpus, hours, load };
    const isPage = options.plot.endsWith('.html') || runs.length > 1;
    writeFileSync(options.plot, isPage ? drawPage(runs, day) : drawPlot(asItIs.outcome, day));
  }
  if (!options.json) for (const { name, summary } of runs) print(name, summary);
  const report = {
    ...{ hours, gpus, load, ...asItIs.summary },
    ...(options['what-if'] ? { whatIf: summaries(others.whatIf) } : {}),
    ...(options.scale ? { scale: summaries(others.scale) } : {}),
    ...(poisoned ? { poison: judgePoison(asItIs.outcome, poisoned) } : {}),
  };
  console.log(JSON.stringify(report));
}

/** Of minutes to an hour and a half: hosts that take minutes to come are no use to who is gone before. */
const longJobs = 20;

function run(options: Options, jobs: readonly DayJob[], name: string, policy: RegionPolicy): Run {
  const outcome = play(options, jobs, { name, policy });
  return { name, outcome, summary: summaryOf(outcome, jobs.length) };
}

function play(
  { gpus, hours, json }: Options,
  jobs: readonly DayJob[],
  { name, policy }: { name: string; policy: RegionPolicy },
): DayOutcome {
  const progress = (hour: number): void => {
    if (!json || hour % 6 === 0) process.stderr.write(`${name}: hour ${hour} of ${hours}\n`);
  };
  return runDay({ gpus, hours, jobs, policy, poison: name === 'poisoned', progress });
}

function runAll(options: Options, jobs: readonly DayJob[], policies: Record<string, RegionPolicy>): Run[] {
  return Object.entries(policies).map(([name, policy]) => run(options, jobs, name, policy));
}

function summaries(runs: readonly Run[]): Record<string, Summary> {
  return Object.fromEntries(runs.map(({ name, summary }) => [name, summary]));
}

function print(
  name: string,
  { startMs, interactiveMs, utilisation, floorKept, preemptionsPerThousand }: Summary,
): void {
  console.log(`${name}:`);
  for (const [tier, { p50, p95 }] of Object.entries(startMs))
    console.log(`  ${tier} starts after ${seconds(p50)} s, 95 % within ${seconds(p95)} s`);
  for (const [tier, { p50, p95 }] of Object.entries(interactiveMs ?? {}))
    console.log(
      `  of ${tier} what a person waits for after ${seconds(p50)} s, 95 % within ${seconds(p95)} s`,
    );
  console.log(
    `  ${(100 * utilisation).toFixed(2)} % of the GPUs in use; floors kept: ${JSON.stringify(floorKept)}; ${preemptionsPerThousand.toFixed(0)} preemptions for 1,000 starts`,
  );
}

const seconds = (ms: number): string => (ms / 1000).toFixed(1);

function readArguments(args: string[]): unknown {
  const string = { type: 'string' } as const;
  const boolean = { type: 'boolean' } as const;
  const options = {
    hours: string,
    gpus: string,
    load: string,
    seed: string,
    interactive: string,
    plot: string,
  };
  const flags = { poison: boolean, 'what-if': boolean, scale: boolean, json: boolean };
  return parseArgs({ args, options: { ...options, ...flags } }).values;
}
