/** The names that jupyter_server gives: Untitled1.ipynb, untitled.txt, "Untitled Folder 1", a-Copy1.txt. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';

/** The `attempt`-th name (0 is the name itself): the number goes before the whole suffix, `.tar.gz` as one. */
export function numberedName(filename: string, insert: string, attempt: number): string {
  const last = filename.lastIndexOf('.');
  const isNotebook = filename.slice(last + 1) === 'ipynb';
  const dot = isNotebook ? Math.max(last, 0) : filename.indexOf('.');
  const [base, suffix] = dot < 0 ? [filename, ''] : [filename.slice(0, dot), filename.slice(dot)];
  return attempt === 0 ? filename : `${base}${insert}${attempt}${suffix}`;
}

/** A copy of a copy is numbered like the first: a-Copy1.txt becomes a.txt before a number is put in. */
export const originalName = (name: string): string => name.replace(/-Copy\d*\./g, '.');

/**
 * Calls `make` with one name after the other until it does not find one taken. `make` must refuse a taken
 * name itself (`already_exists`), so that of two at once each gets a name of its own.
 */
export async function withFreeName<T>(
  filename: string,
  insert: string,
  isTaken: (name: string) => Promise<boolean>,
  make: (name: string) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; attempt < limits.contents.untitledAttemptsMax; attempt++) {
    const name = numberedName(filename, insert, attempt);
    if (await isTaken(name)) continue;
    try {
      return await make(name);
    } catch (error) {
      if (!(error instanceof CellbookError) || error.code !== 'already_exists') throw error;
    }
  }
  throw new CellbookError('conflict', {
    doing: `finding a name like ${filename}`,
    problem: 'every number is taken',
    next: 'Choose a name yourself.',
  });
}
