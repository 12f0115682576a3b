/** A trace as a table: CSV, plain or gzipped, each row checked. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';

/** Throws `bad_request` with `next` for a file that is not there, not of this form, or empty. */
export function readTable<Row>(path: string, schema: z.ZodType<Row>, next: string): Row[] {
  const refused = (problem: string, cause?: unknown) =>
    new CellbookError('bad_request', { doing: `reading the trace ${path}`, problem, next, cause });
  let records: unknown;
  try {
    const content = readFileSync(path);
    const text = path.endsWith('.gz') ? gunzipSync(content) : content;
    records = parse(text, { columns: true, skip_empty_lines: true, trim: true, bom: true });
  } catch (cause) {
    throw refused(cause instanceof Error ? cause.message : String(cause), cause);
  }
  const parsed = z.array(schema).nonempty().safeParse(records);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refused(`row ${issue?.path.join(', ')}: ${issue?.message}`);
}
