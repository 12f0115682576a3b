import { parseArgs } from 'node:util';
import { z } from 'zod';

export const usage = `npm run bench -- lifecycle [--json] [--quick] [--workspaces 20000]

  --json         print nothing but the result, as the last line on standard output
  --quick        2,000 workspaces, one round: for trying the benchmark out
  --workspaces   how many the cell holds; a tenth of them changes at once`;

export interface Options {
  json: boolean;
  workspaces: number;
  /** Each round resumes a tenth of the workspaces at once, and then suspends them at once. */
  rounds: number;
  /** Writes of the API while they change, one after the other at this pace, whatever the answers take. */
  writesPerSecond: number;
  workspacesPerUser: number;
}

export function parseOptions(argv: string[]): Options {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      workspaces: { type: 'string' },
    },
  });
  z.tuple([z.literal('lifecycle')]).parse(positionals);
  const usual = values.quick ? 2_000 : 20_000;
  const workspaces = z.coerce
    .number()
    .int()
    .min(100)
    .max(200_000)
    .parse(values.workspaces ?? usual);
  return {
    json: values.json,
    workspaces,
    rounds: values.quick ? 1 : 3,
    writesPerSecond: 50,
    workspacesPerUser: 10,
  };
}
