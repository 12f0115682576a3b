/** Failures of this machine as a person is told them: a file that cannot be read is no bug, and has no stack. */
import { CellbookError } from '@cellbook/shared/errors.ts';

const problems: Record<string, string> = {
  ENOENT: 'there is no such file or directory',
  EACCES: 'you may not',
  EPERM: 'you may not',
  EISDIR: 'it is a directory',
  ENOTDIR: 'part of the path is no directory',
  ENOSPC: 'the disk is full',
  EROFS: 'it cannot be written to',
};

/** What was thrown, typed where the system said which file it was about. */
export function toldFailure(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || thrown instanceof CellbookError) return thrown;
  const { code, path, syscall } = thrown as NodeJS.ErrnoException;
  if (code === undefined || path === undefined) return thrown;
  return new CellbookError('bad_request', {
    doing: `${syscall === 'open' ? 'opening' : (syscall ?? 'using')} ${path}`,
    problem: problems[code] ?? code,
    next: 'Look at the path, then run the command again.',
  });
}

/** A key that counts no more: what to do about that here, which the platform cannot know. */
export function keyRefused(thrown: unknown, url: string): unknown {
  if (!(thrown instanceof CellbookError) || thrown.status !== 401) return thrown;
  const { code, doing, problem, ids } = thrown;
  const next = `Run \`cellbook login --url ${url}\` again, or set CELLBOOK_TOKEN to a key that is valid.`;
  return new CellbookError(code, { doing, problem, next, ids });
}

/** What a file of this machine holds. `doing`: `reading report.ipynb`. */
export function jsonIn(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CellbookError('bad_request', {
      doing: `reading ${path}`,
      problem: 'it is not JSON',
      next: 'Look at the file, then run the command again.',
      cause,
    });
  }
}
