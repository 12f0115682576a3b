import { parseArgs } from 'node:util';
import { z } from 'zod';

export const usage = `npm run bench -- lazy [--json] [--gib 20] [--n 20] [--rung files|cold] [--mbps 1000] [--rtt 20]

  --json   print nothing but the result, as the last line on standard output
  --gib    size of the workspace; as much room, and a fifth more, is needed where temporary files are
  --n      how often it is resumed
  --rung   files: the host keeps sandboxes ready, as npm start has it; cold: it keeps none
  --mbps   of the link between the platform and its object store
  --rtt    of the same, in milliseconds`;

const schema = z.object({
  json: z.boolean(),
  gib: z.coerce.number().min(0.05).max(1_000),
  n: z.coerce.number().int().min(1).max(1_000),
  rung: z.enum(['files', 'cold']),
  mbps: z.coerce.number().positive(),
  rtt: z.coerce.number().nonnegative(),
});
export type Options = z.infer<typeof schema>;

export function parseOptions(argv: string[]): Options {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      gib: { type: 'string', default: '20' },
      n: { type: 'string', default: '20' },
      rung: { type: 'string', default: 'files' },
      mbps: { type: 'string', default: '1000' },
      rtt: { type: 'string', default: '20' },
    },
  });
  z.tuple([z.literal('lazy')]).parse(positionals);
  return schema.parse(values);
}
