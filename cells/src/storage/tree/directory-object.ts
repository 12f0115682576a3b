/**
 * The bytes of a directory object: JSON with the names in order, so that equal directories have equal bytes
 * and so one hash. Lone surrogates in names (name.ts) survive as JSON escapes.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { z } from 'zod';
import { type Entries, type Entry, entrySchema, type Run, runSchema } from './entry.ts';

const directorySchema = z.object({
  format: z.literal('cellbook-directory-1'),
  entries: z.array(z.tuple([z.string(), entrySchema])),
});
const runListSchema = z.object({ format: z.literal('cellbook-runs-1'), runs: z.array(runSchema) });

export function encodeDirectory(entries: Entries): Buffer {
  const ordered = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.from(JSON.stringify({ format: 'cellbook-directory-1', entries: ordered }));
}

export function decodeDirectory(bytes: Buffer, key: string): Entries {
  return new Map<string, Entry>(decode(directorySchema, bytes, key).entries);
}

export function encodeRuns(runs: readonly Run[]): Buffer {
  return Buffer.from(JSON.stringify({ format: 'cellbook-runs-1', runs }));
}

export function decodeRuns(bytes: Buffer, key: string): Run[] {
  return decode(runListSchema, bytes, key).runs;
}

function decode<T>(schema: z.ZodType<T>, bytes: Buffer, key: string): T {
  try {
    return schema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw new CellbookError('internal', {
      doing: `reading the object ${key}`,
      problem: 'the object is not what its name says; it was written by another version or is damaged',
      next: 'Restore an earlier version of the workspace, or ask your operator.',
      cause,
    });
  }
}
