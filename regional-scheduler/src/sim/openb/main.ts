/** `npm run sim:gpu -- openb --nodes FILE --pods FILE [--policy NAME] [--seeds N] [--json]` */
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { placementPolicies } from '../../core/place/policies.ts';
import { usage } from '../usage.ts';
import { readNodes, readPods } from './read-openb.ts';
import { runOpenb } from './run-openb.ts';

const names = Object.keys(placementPolicies) as [keyof typeof placementPolicies];
const optionsSchema = z.object({
  nodes: z.string(),
  pods: z.string(),
  policy: z.enum(names).default('gradient'),
  seeds: z.coerce.number().int().min(1).max(1000).default(10),
  json: z.boolean().default(false),
});

export function main(args: string[]): void {
  const options = usage(optionsSchema, () => readArguments(args), {
    doing: 'reading the options of the openb experiment',
    next: `Give --nodes FILE and --pods FILE, and if you like --policy ${names.join('|')} and --seeds N.`,
  });
  const experiment = {
    nodes: readNodes(options.nodes),
    pods: readPods(options.pods),
    policy: options.policy,
  };
  const percents: number[] = [];
  for (let seed = 1; seed <= options.seeds; seed++) {
    const { allocationPercent, placed, refused } = runOpenb(experiment, seed);
    percents.push(allocationPercent);
    if (!options.json)
      console.log(
        `seed ${seed}: ${allocationPercent.toFixed(2)} % of the GPUs given out, ${placed} placed, ${refused} refused`,
      );
  }
  console.log(
    JSON.stringify({
      trace: basename(options.pods).replace(/\.csv(\.gz)?$/, ''),
      policy: options.policy,
      seeds: options.seeds,
      allocationPercent: {
        mean: round(percents.reduce((sum, one) => sum + one, 0) / percents.length),
        min: round(Math.min(...percents)),
        max: round(Math.max(...percents)),
      },
    }),
  );
}

function readArguments(args: string[]): unknown {
  return parseArgs({
    args,
    options: {
      nodes: { type: 'string' },
      pods: { type: 'string' },
      policy: { type: 'string' },
      seeds: { type: 'string' },
      json: { type: 'boolean' },
    },
  }).values;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
