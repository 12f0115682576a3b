/** `npm run sim:gpu -- predict --requests FILE [--json]` */
import { parseArgs } from 'node:util';
import { systemClock } from '@cellbook/shared/clock.ts';
import { z } from 'zod';
import { usage } from '../usage.ts';
import { evaluate } from './evaluate.ts';
import { readRequests } from './read-requests.ts';
import { servingSpeed } from './serving-speed.ts';

const optionsSchema = z.object({ requests: z.string(), json: z.boolean().default(false) });

export function main(args: string[]): void {
  const options = usage(
    optionsSchema,
    () => parseArgs({ args, options: { requests: { type: 'string' }, json: { type: 'boolean' } } }).values,
    { doing: 'reading the options of the prediction experiment', next: 'Give --requests FILE.' },
  );
  const requests = readRequests(options.requests);
  const evaluation = { ...evaluate(requests), serving: servingSpeed(requests, systemClock) };
  const less = 1 - evaluation.maeSeconds / evaluation.baseline.maeSeconds;
  if (!options.json)
    console.log(
      `the mean absolute error is ${(100 * less).toFixed(1)} % below the chain of medians, and ${evaluation.serving.predictionsPerSecond} predictions a second are made`,
    );
  console.log(JSON.stringify(evaluation, (_, value) => (typeof value === 'number' ? round(value) : value)));
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
