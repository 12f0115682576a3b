/**
 * `npm run bench -- trade-off --samples FILE --density FILE`: what keeping memory, images and ready sandboxes costs,
 * against how long a resume takes, drawn from samples of `bench -- resume` and the costs of `bench -- density`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Cost } from '../density/cost.ts';
import { percentile } from '../measure/statistics.ts';
import { isGood } from '../resume/plan.ts';
import type { RungName } from '../resume/rungs.ts';
import { type Line, openSamples } from '../resume/samples-file.ts';
import { readAbsences } from './absences.ts';
import { draw } from './draw.ts';
import type { Measured } from './model.ts';
import { panelsOf } from './panels.ts';

const usage = `npm run bench -- trade-off --samples FILE --density FILE [--absences FILE] [--member-mib 96] [--refill-ms 2500] [--places 17] [--out trade-off.svg]

  --samples     of bench -- resume
  --density     the result of bench -- density --json
  --absences    the seconds of each absence, a number in each line; without it a made-up working week
  --member-mib  memory of a sandbox that is ready
  --refill-ms   until one that was taken is ready again
  --places      of the host for sandboxes`;

type Held = Pick<Cost, 'memoryMiB' | 'diskMiB' | 'storeMiB'>;
const number = z.number();
const costSchema: z.ZodType<Held> = z.object({ memoryMiB: number, diskMiB: number, storeMiB: number });
const densitySchema = z.object({ costs: z.object({ frozen: costSchema, suspended: costSchema }) });

const optionsSchema = z.object({
  samples: z.string(),
  density: z.string(),
  absences: z.string().nullable().default(null),
  'member-mib': z.coerce.number().positive().default(96),
  'refill-ms': z.coerce.number().positive().default(2_500),
  /** Of 24 GiB, unless the operator says otherwise. */
  places: z.coerce.number().int().positive().default(17),
  out: z.string().default('trade-off.svg'),
});

async function main(options: z.infer<typeof optionsSchema>): Promise<void> {
  const { lines } = await openSamples(options.samples);
  const lastLine = (await readFile(options.density, 'utf8')).trim().split('\n').at(-1) ?? '';
  const { costs } = densitySchema.parse(JSON.parse(lastLine));
  const measured: Measured = {
    times: {
      live: timesOf(lines, 'live'),
      memory: timesOf(lines, 'memory'),
      files: timesOf(lines, 'files'),
      cold: timesOf(lines, 'cold'),
    },
    frozenMiB: costs.frozen.memoryMiB,
    imageMiB: costs.suspended.diskMiB + costs.suspended.storeMiB,
  };
  const absences = await readAbsences(options.absences);
  const pool = {
    memberMiB: options['member-mib'],
    refillMs: options['refill-ms'],
    places: options.places,
  };
  const counted = Object.entries(measured.times).map(([rung, times]) => `${rung} ${times.length}`);
  const loads = lines.map(({ load }) => load);
  const notes = [
    `Resumes: samples of bench -- resume (${counted.join(', ')}), load average ${percentile(loads, 0.5)} at the median.`,
    `How long people are away is ${absences.source}.`,
    `A frozen workspace holds ${Math.round(measured.frozenMiB)} MiB of memory, an image ${Math.round(measured.imageMiB)} MiB on host and store (bench -- density). Filled: what each tier has today.`,
    `Pool: a ready sandbox is counted with ${pool.memberMiB} MiB, and made again in ${pool.refillMs / 1_000} s; arrivals are Poisson.`,
    `Filled: what a forecast keeps ready (auto) on a host of ${pool.places} places. Axes: logarithm upwards, square root to the right.`,
  ];
  await writeFile(
    options.out,
    draw('What is kept, and how fast people are back', notes, panelsOf(measured, absences.ms, pool)),
  );
  console.log(JSON.stringify({ out: options.out, panels: panelsOf(measured, absences.ms, pool) }));
}

function timesOf(lines: readonly Line[], rung: RungName): number[] {
  const times = lines.flatMap((line) =>
    line.wanted === rung && 'totalMs' in line && isGood(line) ? [line.totalMs] : [],
  );
  if (times.length === 0)
    throw new Error(`there is no sample of ${rung}: measure it with bench -- resume --samples`);
  return times;
}

try {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: process.argv.slice(3),
    options: {
      samples: text,
      density: text,
      absences: text,
      'member-mib': text,
      'refill-ms': text,
      places: text,
      out: text,
    },
  });
  await main(optionsSchema.parse(values));
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  console.error(usage);
  process.exitCode = 2;
}
