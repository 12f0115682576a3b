/**
 * Samples as they are taken, a line of JSON each, so that a long run that is interrupted goes on where it was:
 * what the file has already is not measured again. One that failed is kept too: it is reported.
 */
import { appendFile, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { rungNames } from './rungs.ts';

const common = {
  /** When it was taken, and how busy the machine was. */
  at: z.string(),
  load: z.number(),
};

const lineSchema = z.union([
  z.object({
    wanted: z.enum(rungNames),
    /** As the platform names it. */
    taken: z.string(),
    totalMs: z.number(),
    steps: z.record(z.string(), z.number()),
    ...common,
  }),
  z.object({ wanted: z.enum(rungNames), failed: z.string(), ...common }),
  z.object({ wanted: z.literal('peer'), totalMs: z.number(), ...common }),
]);
export type Line = z.infer<typeof lineSchema>;

export interface SamplesFile {
  readonly lines: readonly Line[];
  add(line: Line): Promise<void>;
}

/** Without a path they are kept in memory alone. */
export async function openSamples(path: string | null): Promise<SamplesFile> {
  const text = path === null ? '' : await readFile(path, 'utf8').catch(emptyWhereAbsent);
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => lineSchema.parse(JSON.parse(line)));
  return {
    lines,
    async add(line) {
      lines.push(line);
      if (path !== null) await appendFile(path, `${JSON.stringify(line)}\n`);
    },
  };
}

function emptyWhereAbsent(thrown: unknown): string {
  if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return '';
  throw thrown;
}
