/** What the kernel's refusals mean to whoever asked for a file. */
import { CellbookError, type ErrorCode } from '@cellbook/shared/errors.ts';
import type { TreePath } from '../file-tree.ts';

export const showPath = (path: TreePath): string => path.join('/').toWellFormed();

const unreadable = {
  code: 'store_unavailable',
  problem: 'the workspace’s disk on its host cannot be read or written',
  next: 'Try again; if it stays so, suspend the workspace and resume it: its files then come anew from where they are stored.',
} as const;

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
  EIO: unreadable,
  EROFS: unreadable,
  EBADMSG: unreadable,
  EUCLEAN: unreadable,
};

/** What ext4 says of a block that is not what was written there; libuv has no names for them. */
const unnamed = new Map([
  [-74, 'EBADMSG'],
  [-117, 'EUCLEAN'],
]);

export function errnoOf(error: unknown): string | null {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return null;
  const name = 'errno' in error && typeof error.errno === 'number' ? unnamed.get(error.errno) : undefined;
  return name ?? error.code;
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
