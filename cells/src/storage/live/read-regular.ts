import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { TreePath } from '../file-tree.ts';
import type { Entry } from '../tree/entry.ts';
import { readRange } from '../tree/file-content.ts';
import type { VolumeObjects } from '../tree/volume-objects.ts';
import { openForReading } from './beneath.ts';
import { showPath } from './errno.ts';
import type { LiveState } from './live-state.ts';
import { locate } from './locate.ts';

/** The bytes [start, end) of a regular file in a live tree; anything else is refused. The stream closes the file. */
export async function readRegular(
  { root, lazy, pointer }: Pick<LiveState, 'root' | 'lazy' | 'pointer'>,
  path: TreePath,
  range: { start: number; end: number },
): Promise<AsyncIterable<Uint8Array>> {
  let stored: Entry | null = null;
  const handle = await locate(root, path, async ({ place, stats }) => {
    if (!stats) throw refusal('not_found', path, 'there is no such file or directory');
    if (!place || !stats.isFile()) throw refusal('bad_request', path, 'it is not a regular file');
    stored = lazy?.parts.tree.leafOf(stats) ?? null;
    return stored ? null : openForReading(place);
  });
  if (handle === null) return readStored(pointer.objects, stored, range);
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

/** What has not come to this host yet is read from the store. */
async function* readStored(
  objects: VolumeObjects,
  stored: Entry | null,
  { start, end }: { start: number; end: number },
): AsyncGenerator<Uint8Array> {
  if (stored?.type === 'file') yield* readRange(objects, stored, { start, end: Math.min(end, stored.size) });
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

const refusal = (code: 'not_found' | 'bad_request', path: TreePath, problem: string) =>
  new CellbookError(code, { doing: `reading ${showPath(path)}`, problem });
