/**
 * One live file into the store, while code may be writing to it. It is opened without following links, read
 * in chunks and its stat compared before and after; a file that changed meanwhile is read again a few times.
 * One that never holds still is kept as it was read (each chunk as it was at one moment, later chunks later)
 * with no stamp, so that the next round reads it again: what is stored of it is at most a round old.
 */
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Content, FileEntry } from '../tree/entry.ts';
import { createContentWriter, runsOf } from '../tree/file-content.ts';
import type { VolumeObjects } from '../tree/volume-objects.ts';
import { openForReading, type Place } from './beneath.ts';
import {
  createdOf,
  type IndexLeaf,
  isSameFile,
  modeOf,
  type Stamp,
  sameStamp,
  stampOf,
} from './live-index.ts';
import { treeCall } from './tree-call.ts';

const { chunkBytes, captureAttemptsMax, racyStampMs } = limits.storage;

export interface CaptureTools {
  objects: VolumeObjects;
  clock: Clock;
  signal: AbortSignal;
  /** Changes what is kept of a file's first bytes (cells/src/environments/compiled.ts). */
  rewrite?: (head: Buffer, stats: BigIntStats) => void;
}

/** Null when it is no regular file (any more). */
export async function captureFile(
  tools: CaptureTools,
  place: Place,
  before: IndexLeaf | undefined,
): Promise<{ leaf: IndexLeaf; bytes: number } | null> {
  const handle = await openForReading(place);
  try {
    const known = await chunksOf(tools.objects, before);
    for (let attempt = 1; ; attempt++) {
      const startedMs = tools.clock.nowMs();
      const stats = await treeCall(() => handle.stat({ bigint: true }));
      if (!stats.isFile()) return null;
      const { content, size } = await readContent(tools, handle, stats, known);
      const after = await treeCall(() => handle.stat({ bigint: true }));
      const steady = sameStamp(stampOf(stats), stampOf(after));
      if (!steady && attempt < captureAttemptsMax) continue;
      const stamp = steady ? provenStamp(stats, startedMs) : null;
      return { leaf: leafOf(stats, content, size, stamp, before), bytes: size };
    }
  } finally {
    await handle.close();
  }
}

/**
 * A change time as fresh as the clock's tick could hide a later write of the same size: it proves nothing.
 * (Every write moves the change time, and unlike the modification time nobody can set it.)
 */
export function provenStamp(stats: BigIntStats, readAtMs: number): Stamp | null {
  const settledNs = BigInt(Math.floor(readAtMs - racyStampMs)) * 1_000_000n;
  return stats.ctimeNs < settledNs ? stampOf(stats) : null;
}

function leafOf(
  stats: BigIntStats,
  content: Content,
  size: number,
  stamp: Stamp | null,
  before: IndexLeaf | undefined,
): IndexLeaf {
  const entry: FileEntry = {
    type: 'file',
    mode: modeOf(stats),
    mtimeNs: String(stats.mtimeNs),
    createdNs: before && isSameFile(before, stats) ? before.entry.createdNs : createdOf(stats),
    size,
    content,
  };
  return { type: 'leaf', inode: stats.ino, stamp, entry };
}

async function readContent(
  { objects, signal, rewrite }: CaptureTools,
  handle: FileHandle,
  stats: BigIntStats,
  known: ReadonlySet<string>,
): Promise<{ content: Content; size: number }> {
  const length = Number(stats.size);
  // No blocks, no data: a hole of any size is known without reading it.
  if (stats.blocks === 0n && length > chunkBytes)
    return { content: { in: 'runs', runs: [[null, length]] }, size: length };
  const writer = createContentWriter(objects, known, signal);
  const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, Math.max(1, length)));
  let size = 0;
  while (size < length) {
    signal.throwIfAborted();
    const filled = await fill(handle, buffer, size, Math.min(buffer.length, length - size));
    if (filled === 0) break;
    if (size === 0) rewrite?.(buffer.subarray(0, filled), stats);
    await writer.add(buffer.subarray(0, filled));
    size += filled;
  }
  return { content: await writer.finish(), size };
}

/** Reads until the buffer is full or the file ends, so that chunks fall on the same bounds every time. */
async function fill(handle: FileHandle, buffer: Buffer, position: number, wanted: number): Promise<number> {
  let filled = 0;
  while (filled < wanted) {
    const read = () => handle.read(buffer, filled, wanted - filled, position + filled);
    const { bytesRead } = await treeCall(read);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

async function chunksOf(objects: VolumeObjects, leaf: IndexLeaf | undefined): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  if (leaf?.entry.type !== 'file') return known;
  const runs = await runsOf(objects, leaf.entry.content);
  if (!Buffer.isBuffer(runs)) for (const [sha256] of runs) if (sha256) known.add(sha256);
  return known;
}
