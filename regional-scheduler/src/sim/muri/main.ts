/** `npm run sim:gpu -- muri --trace FILE [--policy NAME] [--json]` */
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { usage } from '../usage.ts';
import { muriPolicies } from './muri-policies.ts';
import { readMuri } from './read-muri.ts';
import { simulateMuri } from './simulate-muri.ts';

const names = Object.keys(muriPolicies);
const optionsSchema = z.object({
  trace: z.string(),
  policy: z.enum(names).default('learned'),
  json: z.boolean().default(false),
});

export function main(args: string[]): void {
  const options = usage(optionsSchema, () => readArguments(args), {
    doing: 'reading the options of the Muri experiment',
    next: `Give --trace FILE, and if you like --policy ${names.join('|')}.`,
  });
  const outcome = simulateMuri(readMuri(options.trace), muriPolicies[options.policy]!());
  if (!options.json)
    for (const [name, seconds] of Object.entries(outcome)) console.log(`${name}: ${Math.round(seconds)}`);
  console.log(JSON.stringify({ trace: basename(options.trace, '.csv'), policy: options.policy, ...outcome }));
}

function readArguments(args: string[]): unknown {
  const string = { type: 'string' } as const;
  return parseArgs({ args, options: { trace: string, policy: string, json: { type: 'boolean' } } }).values;
}
