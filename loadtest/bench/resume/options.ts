import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Counts } from './plan.ts';
import { type RungName, rungNames } from './rungs.ts';

export const usage = `npm run bench -- resume [--json] [--n 20] [--full] [--rungs live,memory,cold] [--samples FILE]

  --json     print nothing but the result, as the last line on standard output
  --n        samples of live, memory and files; of the others, and of the peer, a third of it (default 20)
  --full     200 samples of live, memory and files, 50 of the others: for a quiet machine, about an hour
  --rungs    only these (of ${rungNames.join(', ')})
  --samples  a file that gets every sample with its steps, a line of JSON each; what it has already is not
             measured again, so that a run that was interrupted goes on where it was (with --full there is
             one in the folder for temporary files, which is named)`;

export interface Options {
  json: boolean;
  /** How often each rung is measured, and the peer. */
  counts: Counts;
  samplesFile: string | null;
}

const countSchema = z.coerce.number().int().min(1).max(10_000);

export function parseOptions(argv: string[]): Options {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      n: { type: 'string' },
      rungs: { type: 'string' },
      samples: { type: 'string' },
    },
  });
  z.tuple([z.literal('resume')]).parse(positionals);
  const [many, few] = values.full ? [200, 50] : usual(countSchema.parse(values.n ?? 20));
  const asked = new Set(z.array(z.enum(rungNames)).parse(values.rungs?.split(',') ?? [...rungNames]));
  const count = (rung: RungName, wanted: number) => (asked.has(rung) ? wanted : 0);
  return {
    json: values.json,
    counts: {
      live: count('live', many),
      memory: count('memory', many),
      memoryRemote: count('memoryRemote', few),
      files: count('files', many),
      cold: count('cold', few),
      coldFromGolden: count('coldFromGolden', few),
      peer: few,
    },
    samplesFile:
      values.samples ?? (values.full ? join(tmpdir(), `cellbook-resume-${Date.now()}.jsonl`) : null),
  };
}

const usual = (n: number): [number, number] => [n, Math.max(1, Math.ceil(n / 3))];
