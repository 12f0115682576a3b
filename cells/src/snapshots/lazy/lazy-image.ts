/** A large file of a sealed image as one that is opened while it is read, in threads. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Chunk } from '../chunk.ts';
import type { ChunkSource } from '../chunk-source.ts';
import type { ImageKey } from '../image-key.ts';
import type { ImageFile } from '../manifest.ts';
import type { SealingThreads } from '../sealing-threads.ts';
import type { LazyFile } from './served-file.ts';

export interface LazyImageParts {
  threads: SealingThreads;
  of: string;
  key: ImageKey;
  /** Each is asked in turn, until one has what is wanted whole. */
  sources: readonly ChunkSource[];
  chunksAtOnce: number;
  /** Units at once. */
  atOnce: LazyFile['atOnce'];
}

type ChunkedFile = Extract<ImageFile, { kind: 'chunks' }>;

/** Null for a file that is better opened whole: small, or cut up in another way. */
export function lazyFileOf(file: ImageFile, parts: LazyImageParts): LazyFile | null {
  if (file.kind === 'inline') return null;
  const bytes = file.chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
  const strideBytes = file.chunks[0]?.bytes ?? 0;
  const isEven = file.chunks.slice(0, -1).every((chunk) => chunk.bytes === strideBytes);
  if (bytes < limits.snapshots.lazyBytesMin || !isEven) return null;
  const { atOnce, chunksAtOnce } = parts;
  return { bytes, strideBytes, atOnce, chunksAtOnce, answer: answering(file, strideBytes, parts) };
}

function answering(
  { chunks: all }: ChunkedFile,
  strideBytes: number,
  { threads, of, key, sources }: LazyImageParts,
): LazyFile['answer'] {
  return async ({ firstChunk, lastChunk, reads }, device, signal) => {
    const chunks = all.slice(firstChunk, lastChunk + 1);
    const piece = { kind: 'answer' as const, key, offset: firstChunk * strideBytes, chunks, device, reads };
    const answerFrom = (source: ChunkSource) =>
      source.having(chunks, (directory) => threads.answer(of, { ...piece, directory }), signal);
    await firstThatCan(sources, answerFrom);
  };
}

async function firstThatCan(
  sources: readonly ChunkSource[],
  answerFrom: (source: ChunkSource) => Promise<void>,
): Promise<void> {
  for (const [index, source] of sources.entries()) {
    try {
      return await answerFrom(source);
    } catch (error) {
      const isUnusable = error instanceof CellbookError && error.code === 'sandbox_unavailable';
      if (!isUnusable || index === sources.length - 1) throw error;
    }
  }
}

/** Every chunk of these files. */
export const chunksOf = (files: readonly ImageFile[]): Chunk[] =>
  files.flatMap((file) => (file.kind === 'inline' ? [] : file.chunks));
