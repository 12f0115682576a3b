/**
 * `npm run sim:gpu -- served --output FILE [--since TIME] [--json]`: what a running region has predicted and what came of
 * it, as `npm run sim:gpu -- diagnose --file` reads it, from its Postgres (DATABASE_URL; a reader's rights are enough).
 * Words of prompts are not in it; parameters and organisations are.
 */
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { z } from 'zod';
import { closeDatabase, openDatabase } from '../db/database.ts';
import { usage } from '../sim/usage.ts';
import { readSettled } from './read-settled.ts';
import { servedJobOf } from './served-job-of.ts';

const optionsSchema = z.object({
  output: z.string().min(1),
  since: z.iso.datetime().default('1970-01-01T00:00:00Z'),
  json: z.boolean().default(false),
});

export interface Exported {
  jobs: number;
  /** Nothing was predicted of them, or too little is known. */
  left: number;
  output: string;
}

export async function main(args: string[]): Promise<void> {
  const string = { type: 'string' } as const;
  const options = usage(
    optionsSchema,
    () => parseArgs({ args, options: { output: string, since: string, json: { type: 'boolean' } } }).values,
    { doing: 'reading the options of the export', next: 'Give --output FILE, and --since TIME if you like.' },
  );
  const exported = await exportServed(databaseUrl(), options.output, Date.parse(options.since));
  if (!options.json)
    console.log(`${exported.jobs} jobs are in ${exported.output}, ${exported.left} are left out`);
  console.log(JSON.stringify(exported));
}

export async function exportServed(url: string, output: string, sinceMs: number): Promise<Exported> {
  const database = openDatabase(url, { applicationName: 'cellbook-served', connectionsMax: 1 });
  const counts = { jobs: 0, left: 0 };
  async function* lines(): AsyncGenerator<string> {
    for await (const settled of readSettled(database, sinceMs)) {
      const served = servedJobOf(settled);
      counts[served ? 'jobs' : 'left']++;
      if (served) yield `${JSON.stringify(served)}\n`;
    }
  }
  try {
    await pipeline(lines, createWriteStream(output));
  } finally {
    await closeDatabase(database);
  }
  return { ...counts, output };
}

function databaseUrl(): string {
  const url = process.env.DATABASE_URL;
  if (url) return url;
  throw new CellbookError('bad_request', {
    doing: 'looking for the region’s database',
    problem: 'DATABASE_URL is not set',
    next: 'Set it to what the region’s scheduler has.',
  });
}
