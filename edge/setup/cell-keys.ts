/**
 * The keys that cells sign with when they speak for themselves, one file each under `<home>/keys/cells/`, made once;
 * pins name the public halves. A cell elsewhere brings a key of its own (`npm run pins -- cell-key`).
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cell, cellSchema } from '@cellbook/shared/pins/pins.ts';
import { ensure, signingKey } from './keys.ts';

export const cellKeysOf = (home: string): string => join(home, 'keys', 'cells');

export async function withCellKeys(home: string, cells: readonly Cell[]): Promise<Cell[]> {
  const directory = cellKeysOf(home);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return Promise.all(
    cells.map(async (cell) => {
      const key = await ensure(join(directory, `${cell.id}.json`), () => signingKey(cell.id));
      // The schema keeps the public half alone.
      return cellSchema.parse({ ...cell, key });
    }),
  );
}
