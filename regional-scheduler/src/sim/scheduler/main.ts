/** `npm run sim:scheduler -- [--seeds N] [--seed S] [--mutation NAME] [--threads N] [--json]` */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { z } from 'zod';
import { usage } from '../usage.ts';
import { mutations } from './mutations.ts';
import { simulateSeeds } from './seeds.ts';
import { simulate } from './simulate.ts';

const optionsSchema = z.object({
  seeds: z.coerce.number().int().min(1).max(10_000_000).default(1000),
  from: z.coerce.number().int().min(0).default(1),
  seed: z.coerce.number().int().min(0).optional(),
  mutation: z.enum(mutations).nullable().default(null),
  threads: z.coerce.number().int().min(1).max(64).default(Math.min(2, availableParallelism())),
  json: z.boolean().default(false),
});

const violationsShown = 20;
const string = { type: 'string' } as const;
const argumentsOf = {
  ...{ seeds: string, from: string, seed: string, mutation: string, threads: string },
  json: { type: 'boolean' },
} as const;

try {
  const options = usage(optionsSchema, () => parseArgs({ options: argumentsOf }).values, {
    doing: 'reading the options of the simulation',
    next: 'Give --seeds N [--from S] [--threads N], or --seed S to see one of them.',
  });
  const isBroken =
    options.seed === undefined ? await runMany(options) : runOne(options.seed, options.mutation);
  process.exitCode = isBroken ? 1 : 0;
} catch (thrown) {
  if (!(thrown instanceof CellbookError)) throw thrown;
  console.error([thrown.message, thrown.next].join('\n'));
  process.exitCode = 2;
}

/** Prints the whole run. */
function runOne(seed: number, mutation: (typeof mutations)[number] | null): boolean {
  const { lines, broken, decisions } = simulate(seed, mutation);
  console.log(lines.join('\n'));
  console.log(JSON.stringify({ seeds: 1, violations: broken === null ? 0 : 1, decisions }));
  return broken !== null;
}

async function runMany(options: z.infer<typeof optionsSchema>): Promise<boolean> {
  const { from, seeds, threads, mutation, json } = options;
  let said = 0;
  const found = await simulateSeeds({ from, seeds, threads, mutation }, ({ seed, broken }) => {
    const replay = `npm run sim:scheduler -- --seed ${seed}${mutation ? ` --mutation '${mutation}'` : ''}`;
    if (said++ < violationsShown) console.error(`seed ${seed}: ${broken}\n  ${replay}`);
  });
  if (!json) console.log(`${found.seeds} worlds, each run twice: ${found.violations} violations`);
  console.log(JSON.stringify(found));
  return found.violations > 0;
}
