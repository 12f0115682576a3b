/**
 * File bytes to chunks and back, one chunk in memory at a time for each in flight. Runs of zeroes are noted
 * and stored nowhere, so a sparse file costs its data alone.
 */
import { limits } from '@cellbook/shared/limits.ts';
import type { Content, FileEntry, Run } from './entry.ts';
import type { VolumeObjects } from './volume-objects.ts';

const { chunkBytes, inlineBytesMax, chunksPerEntryMax, chunksInFlightPerFile } = limits.storage;
const noop = () => {};
const zeroChunk = Buffer.alloc(chunkBytes);

/** Stores bytes that are in memory. */
export async function storeBytes(
  objects: VolumeObjects,
  bytes: Uint8Array,
  signal?: AbortSignal,
): Promise<Content> {
  const writer = createContentWriter(objects, noChunks, signal);
  for (let at = 0; at < bytes.length; at += chunkBytes) await writer.add(bytes.subarray(at, at + chunkBytes));
  return writer.finish();
}

/** Takes a file's chunks in order; `add` returns when a few are in flight, so memory stays bounded. */
export interface ContentWriter {
  add(chunk: Uint8Array): Promise<void>;
  finish(): Promise<Content>;
}

export const noChunks: ReadonlySet<string> = new Set();

export function createContentWriter(
  objects: VolumeObjects,
  /** Chunks of the previous version: they are there already and are not sent again. */
  known: ReadonlySet<string>,
  signal?: AbortSignal,
): ContentWriter {
  const runs: (Run | Promise<Run>)[] = [];
  const pending = new Set<Promise<void>>();
  let held: Buffer | null = null;
  const put = async (chunk: Buffer): Promise<Run> => {
    if (isZero(chunk)) return [null, chunk.length];
    return [await objects.putChunk(chunk, known, signal), chunk.length];
  };
  const send = async (chunk: Buffer): Promise<void> => {
    const run = put(chunk);
    runs.push(run);
    const settled: Promise<void> = run.then(noop, noop).then(() => void pending.delete(settled));
    pending.add(settled);
    if (pending.size >= chunksInFlightPerFile) await Promise.race(pending);
  };
  return {
    async add(chunk) {
      if (chunk.length === 0) return;
      const next = Buffer.from(chunk);
      if (held) await send(held);
      held = null;
      if (runs.length === 0 && next.length <= inlineBytesMax) held = next;
      else await send(next);
    },
    async finish() {
      const settled = await Promise.all(runs);
      if (settled.length === 0) return { in: 'line', base64: (held ?? Buffer.alloc(0)).toString('base64') };
      return contentOf(objects, mergeZeroes(settled), signal);
    },
  };
}

export async function contentOf(
  objects: VolumeObjects,
  runs: readonly Run[],
  signal?: AbortSignal,
): Promise<Content> {
  if (runs.length <= chunksPerEntryMax) return { in: 'runs', runs: [...runs] };
  return { in: 'list', sha256: await objects.putRuns(runs, signal) };
}

/** The runs of a file; a file kept in its directory is given as its bytes. */
export async function runsOf(
  objects: VolumeObjects,
  content: Content,
  signal?: AbortSignal,
): Promise<readonly Run[] | Buffer> {
  if (content.in === 'line') return Buffer.from(content.base64, 'base64');
  return content.in === 'runs' ? content.runs : objects.getRuns(content.sha256, signal);
}

/** One piece of a file: where it starts, how long it is, and its bytes unless they are all zero. */
export interface Piece {
  at: number;
  length: number;
  bytes: Buffer | null;
}

/** The pieces of a file that touch [start, end), whole, in order. */
export async function* readPieces(
  objects: VolumeObjects,
  content: Content,
  range: { start: number; end: number },
  signal?: AbortSignal,
): AsyncGenerator<Piece> {
  const runs = await runsOf(objects, content, signal);
  if (Buffer.isBuffer(runs)) {
    if (runs.length > 0) yield { at: 0, length: runs.length, bytes: runs };
    return;
  }
  let at = 0;
  for (const [sha256, length] of runs) {
    if (at >= range.end) return;
    if (at + length > range.start) {
      const bytes = sha256 === null ? null : await objects.getChunk(sha256, signal);
      yield { at, length, bytes };
    }
    at += length;
  }
}

/** Exactly the bytes [start, end) of a stored file; zero runs come in pieces of a chunk. */
export async function* readRange(
  objects: VolumeObjects,
  file: FileEntry,
  { start, end }: { start: number; end: number },
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  for await (const piece of readPieces(objects, file.content, { start, end }, signal)) {
    const from = Math.max(0, start - piece.at);
    const to = Math.min(piece.length, end - piece.at);
    if (piece.bytes) yield piece.bytes.subarray(from, to);
    else
      for (let at = from; at < to; at += chunkBytes)
        yield zeroChunk.subarray(0, Math.min(chunkBytes, to - at));
  }
}

function isZero(chunk: Buffer): boolean {
  return chunk[0] === 0 && chunk.equals(zeroChunk.subarray(0, chunk.length));
}

export function mergeZeroes(runs: readonly Run[]): Run[] {
  const merged: Run[] = [];
  for (const run of runs) {
    const last = merged.at(-1);
    if (last && last[0] === null && run[0] === null) last[1] += run[1];
    else merged.push([...run]);
  }
  return merged;
}
