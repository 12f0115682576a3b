import { readFile } from 'node:fs/promises';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';

/** The secret that all regions share. */
export async function readSecret(file: string): Promise<string> {
  const secret = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (secret.length >= limits.federation.secretCharsMin) return secret;
  throw new CellbookError('bad_request', {
    doing: `reading the secret of the regions from ${file}`,
    problem: `it is missing, or shorter than ${limits.federation.secretCharsMin} characters`,
    next: 'Write the same random text into the file that CELLBOOK_FEDERATION_KEY_FILE names, in every region.',
  });
}
