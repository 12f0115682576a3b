/** The key that a cell's controller and its daemons share: a file that both read, sent as a bearer token. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';

export async function readHostKey(file: string): Promise<string> {
  const key = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (key.length >= limits.host.keyCharsMin) return key;
  throw new CellbookError('bad_request', {
    doing: `reading the hosts' key from ${file}`,
    problem: `it is missing, or shorter than ${limits.host.keyCharsMin} characters`,
    next: 'Write random text into the file that CELLBOOK_HOST_KEY_FILE names, the same for controller and hosts.',
  });
}

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Whether an Authorization header carries the key; takes as long for a wrong one as for the right one. */
export function bearsKey(header: string | undefined, key: string): boolean {
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${key}`));
}

export const unauthenticated = (): CellbookError =>
  new CellbookError('unauthenticated', {
    doing: 'commanding a host',
    problem: "the request does not carry this cell's key",
    next: 'Controller and host must read the same CELLBOOK_HOST_KEY_FILE.',
  });
