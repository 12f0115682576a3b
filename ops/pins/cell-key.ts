/** The key of a cell that is to join: made where the cell will run, named by the pins with its public half. */
import { readFile, writeFile } from 'node:fs/promises';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type StatementKey, statementKeySchema } from '@cellbook/shared/protocol/statements.ts';
import { exportJWK, generateKeyPair } from 'jose';

/** Refuses to replace one that is there: the pins name its public half. */
export async function makeCellKey(path: string): Promise<void> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  await writeFile(path, `${JSON.stringify(await exportJWK(privateKey))}\n`, { mode: 0o600, flag: 'wx' });
}

/** Of the file with the private half, or one with the public half alone. */
export async function readPublicCellKey(path: string): Promise<StatementKey> {
  try {
    return statementKeySchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    throw new CellbookError('bad_request', {
      doing: `reading the key of a cell from ${path}`,
      problem: 'it is not there, or no Ed25519 JWK',
      next: 'Make one with `npm run -s pins -- cell-key FILE`.',
    });
  }
}
