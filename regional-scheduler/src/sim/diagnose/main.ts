/**
 * `npm run sim:gpu -- diagnose --file SERVED.jsonl --trained-until TIME [--json]`: which of skew, label delay and drift
 * makes the predictions of runtimes worse online than they were offline. One served job a line, as `servedJobSchema`
 * below. `--seeded skew|delay|drift|none` shows it on jobs into which that trouble was put.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type Diagnosis, diagnose, type ServedJob } from '../../predict/diagnose.ts';
import { usage } from '../usage.ts';
import { seedTrouble, troubles } from './seeded.ts';

const optionsSchema = z.union([
  z.object({ file: z.string(), 'trained-until': z.iso.datetime(), json: z.boolean().default(false) }),
  z.object({
    seeded: z.enum(troubles),
    seed: z.coerce.number().default(1),
    json: z.boolean().default(false),
  }),
]);

const values = z.record(z.string(), z.string());
export const servedJobSchema = z.object({
  servedMs: z.number(),
  servedValues: values,
  values,
  holder: z.string(),
  p50Seconds: z.number().positive(),
  seconds: z.number().positive(),
  endedMs: z.number(),
  labelMs: z.number(),
});

export function main(args: string[]): void {
  const string = { type: 'string' } as const;
  const options = usage(
    optionsSchema,
    () =>
      parseArgs({
        args,
        options: {
          file: string,
          'trained-until': string,
          seeded: string,
          seed: string,
          json: { type: 'boolean' },
        },
      }).values,
    {
      doing: 'reading the options of the diagnosis',
      next: `Give --file SERVED.jsonl and --trained-until TIME, or --seeded ${troubles.join('|')}.`,
    },
  );
  const { trained, online } =
    'seeded' in options ? seedTrouble(options.seeded, options.seed) : readServed(options);
  const diagnosis = diagnose(trained, online);
  if (!options.json) console.log(tell(diagnosis));
  console.log(JSON.stringify(diagnosis, (_, value) => (typeof value === 'number' ? round(value) : value)));
}

function readServed(options: { file: string; 'trained-until': string }): {
  trained: ServedJob[];
  online: ServedJob[];
} {
  const lines = readFileSync(options.file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const jobs = lines.map((line) => servedJobSchema.parse(JSON.parse(line)));
  const untilMs = Date.parse(options['trained-until']);
  const inOrder = jobs.sort((a, b) => a.servedMs - b.servedMs);
  return {
    trained: inOrder.filter((job) => job.servedMs < untilMs),
    online: inOrder.filter((job) => job.servedMs >= untilMs),
  };
}

function tell({ offlineError, onlineError, parts, causes, skewed, labelDelaySeconds }: Diagnosis): string {
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  const why = {
    skew: `features are served other than they are: ${skewed.map(({ name, share }) => `${name} of ${percent(share)}`).join(', ')}`,
    delay: `labels come late: half of them ${Math.round(labelDelaySeconds)} s after the end or later`,
    drift: 'the world has changed since it was trained: train a challenger from what came since',
  };
  const found = causes.map((cause) => `${cause} (${percent(parts[cause])}): ${why[cause]}`);
  return [
    `it errs by ${percent(onlineError)} online and ${percent(offlineError)} offline`,
    ...(found.length > 0 ? found : ['nothing is the matter']),
  ].join('\n');
}

const round = (value: number): number => Math.round(value * 1e4) / 1e4;
