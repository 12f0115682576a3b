/** API paths as clients send them: relative to the workspace's files, whatever slashes and dots they hold. */
import { posix } from 'node:path';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { homePath } from '../../sandbox/driver.ts';

/** A directory relative to the files' root; never above it. '' is the root. */
export function directoryPath(path: string | null | undefined): string {
  return normalPath(path ?? '');
}

/** The directory of a session's path. */
export function parentPath(path: string): string {
  const parent = posix.dirname(`/${normalPath(path)}`);
  return parent.slice(1);
}

export function normalPath(path: string): string {
  if (path.includes('\0')) {
    throw new CellbookError('path_refused', {
      doing: 'reading a path',
      problem: 'it holds a NUL character',
      next: 'Send the path without it.',
    });
  }
  const inside = path === homePath || path.startsWith(`${homePath}/`) ? path.slice(homePath.length) : path;
  return posix.normalize(`/${inside}`).replace(/^\/+|\/+$/g, '');
}
