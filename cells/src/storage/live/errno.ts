/** What the kernel's refusals mean to whoever asked for a file. */
import { CellbookError, type ErrorCode } from '@cellbook/shared/errors.ts';
import type { TreePath } from '../file-tree.ts';

export const showPath = (path: TreePath): string => path.join('/').toWellFormed();

const meaning: Record<string, { code: ErrorCode; problem: string; next?: string }> = {
  ENOENT: { code: 'not_found', problem: 'there is no such file or directory' },
  ENOTDIR: { code: 'not_found', problem: 'a part of the path is not a directory' },
  EEXIST: { code: 'already_exists', problem: 'there is something of that name already' },
  EISDIR: { code: 'bad_request', problem: 'it is a directory, not a file' },
  ELOOP: { code: 'path_refused', problem: 'it is a symbolic link that leads nowhere good' },
  ENAMETOOLONG: { code: 'path_refused', problem: 'the name is too long' },
  EINVAL: { code: 'path_refused', problem: 'the file system refuses the name or the move' },
  EACCES: { code: 'forbidden', problem: 'permission denied' },
  EPERM: { code: 'forbidden', problem: 'permission denied' },
  ENXIO: { code: 'bad_request', problem: 'it is not a regular file' },
  ENOSPC: {
    code: 'volume_full',
    problem: 'the workspace’s disk is full',
    next: 'Delete files, then save again.',
  },
  EDQUOT: {
    code: 'volume_full',
    problem: 'the workspace’s disk is full',
    next: 'Delete files, then save again.',
  },
};

export function errnoOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

export function fromErrno(error: unknown, doing: string, path: TreePath): unknown {
  const known = meaning[errnoOf(error) ?? ''];
  if (error instanceof CellbookError || !known) return error;
  const { code, problem, next } = known;
  return new CellbookError(code, {
    doing: `${doing} ${showPath(path)}`,
    problem,
    ...(next === undefined ? {} : { next }),
    cause: error,
  });
}

/** The result, or null when there is nothing at the path. */
export async function orAbsent<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return null;
    throw error;
  }
}
