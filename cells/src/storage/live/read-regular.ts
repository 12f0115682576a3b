import type { FileHandle } from 'node:fs/promises';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { TreePath } from '../file-tree.ts';
import { openForReading } from './beneath.ts';
import { showPath } from './errno.ts';
import { locate } from './locate.ts';

/** The bytes [start, end) of a regular file in a live tree; anything else is refused. The stream closes the file. */
export async function readRegular(
  root: FileHandle,
  path: TreePath,
  range: { start: number; end: number },
): Promise<AsyncIterable<Uint8Array>> {
  const handle = await locate(root, path, async ({ place, stats }) => {
    if (!stats) throw refusal('not_found', path, 'there is no such file or directory');
    if (!place || !stats.isFile()) throw refusal('bad_request', path, 'it is not a regular file');
    return openForReading(place);
  });
  const stats = await handle.stat();
  const end = Math.min(range.end, stats.size);
  if (stats.isFile() && end > range.start)
    return handle.createReadStream({
      start: range.start,
      end: end - 1,
      highWaterMark: limits.storage.chunkBytes,
    });
  await handle.close();
  if (!stats.isFile()) throw refusal('bad_request', path, 'it is not a regular file');
  return nothing();
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

const refusal = (code: 'not_found' | 'bad_request', path: TreePath, problem: string) =>
  new CellbookError(code, { doing: `reading ${showPath(path)}`, problem });
