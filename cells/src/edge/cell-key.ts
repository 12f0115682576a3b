/** The key that a cell signs with when it speaks for itself; the pins name its public half (CELLBOOK_CELL_KEY). */
import { readFile } from 'node:fs/promises';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { statementKeySchema } from '@cellbook/shared/protocol/statements.ts';
import { z } from 'zod';

export const cellKeySchema = statementKeySchema.extend({ d: z.string().min(1).max(100) });
export type CellKey = z.infer<typeof cellKeySchema>;

export async function readCellKey(path: string): Promise<CellKey> {
  try {
    return cellKeySchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    // No cause: it could hold what was read.
    throw new CellbookError('not_configured', {
      doing: `reading the cell's key from ${path}`,
      problem: 'it is not there, or no private Ed25519 JWK',
      next: 'Make one with `npm run -s pins -- cell-key FILE`, and publish pins with its public half.',
    });
  }
}
