/** `npm run sim:gpu -- philly --jobs FILE [--gpus N] [--json]` */
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { usage } from '../usage.ts';
import { readPhilly } from './read-philly.ts';
import { runPhilly } from './run-philly.ts';

const optionsSchema = z.object({
  jobs: z.string(),
  gpus: z.coerce.number().int().min(8).max(100_000).default(512),
  json: z.boolean().default(false),
});

export function main(args: string[]): void {
  const options = usage(optionsSchema, () => readArguments(args), {
    doing: 'reading the options of the Philly experiment',
    next: 'Give --jobs FILE, and if you like --gpus N (8 or more).',
  });
  const outcome = runPhilly(readPhilly(options.jobs), { gpus: options.gpus });
  const { utilisation, worstFinishTimeFairness, backlogShare } = outcome;
  if (!options.json) {
    console.log(`${(100 * utilisation).toFixed(2)} % of the GPUs in use while somebody waits`);
    console.log(`somebody waits ${(100 * backlogShare).toFixed(1)} % of the time`);
    console.log(`worst finish-time fairness ${worstFinishTimeFairness.toFixed(2)}`);
  }
  console.log(JSON.stringify({ trace: basename(options.jobs).replace(/\.csv(\.gz)?$/, ''), ...outcome }));
}

function readArguments(args: string[]): unknown {
  const string = { type: 'string' } as const;
  return parseArgs({ args, options: { jobs: string, gpus: string, json: { type: 'boolean' } } }).values;
}
