/**
 * A large file of a sealed image as one that is opened while it is read, in threads. Its owner was told already that
 * he is back: a store that fails for a while is waited for; only what no source will ever have is given up at once.
 */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { retryDelayMs } from '@cellbook/shared/retry.ts';
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
  clock: Clock;
  random: Random;
  log: Pick<Logger, 'warn'>;
  /** Each is asked in turn, until one has what is wanted whole. */
  sources: readonly ChunkSource[];
  chunksAtOnce: number;
  /** Units at once. */
  atOnce: LazyFile['atOnce'];
  sought: LazyFile['sought'];
}

type ChunkedFile = Extract<ImageFile, { kind: 'chunks' }>;

/** What it holds in chunks. */
export const bytesOf = (file: ImageFile): number =>
  file.kind === 'inline' ? 0 : file.chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);

/** Null for a file that is better opened whole: small, or cut up in another way. */
export function lazyFileOf(file: ImageFile, parts: LazyImageParts): LazyFile | null {
  if (file.kind === 'inline') return null;
  const bytes = bytesOf(file);
  const strideBytes = file.chunks[0]?.bytes ?? 0;
  const isEven = file.chunks.slice(0, -1).every((chunk) => chunk.bytes === strideBytes);
  if (bytes < limits.snapshots.lazyBytesMin || !isEven) return null;
  const { atOnce, chunksAtOnce, sought } = parts;
  return { bytes, strideBytes, atOnce, chunksAtOnce, sought, answer: answering(file, strideBytes, parts) };
}

function answering(
  { chunks: all }: ChunkedFile,
  strideBytes: number,
  parts: LazyImageParts,
): LazyFile['answer'] {
  const { threads, of, key } = parts;
  return async ({ firstChunk, lastChunk, reads }, device, signal) => {
    const chunks = all.slice(firstChunk, lastChunk + 1);
    const piece = { kind: 'answer' as const, key, offset: firstChunk * strideBytes, chunks, reads };
    const answerFrom = (source: ChunkSource) =>
      source.having(
        chunks,
        (directory) => device.lend((fd) => threads.answer(of, { ...piece, device: fd, directory })),
        signal,
      );
    await fromOneThatCan(parts, answerFrom, signal);
  };
}

type AnswerFrom = (source: ChunkSource) => Promise<void>;

/** Again and again, as long as one of them may have it later. */
async function fromOneThatCan(
  { sources, clock, random, log }: LazyImageParts,
  answerFrom: AnswerFrom,
  signal: AbortSignal,
): Promise<void> {
  const { lazyWaitMs, lazyRetry } = limits.snapshots;
  const untilMs = clock.monotonicMs() + lazyWaitMs;
  for (let attempt = 1; ; attempt++) {
    const failed = await failuresOf(sources, answerFrom, signal);
    if (failed === null) return;
    const [passing] = failed.filter((error) => !isUnusable(error));
    const delayMs = retryDelayMs(attempt, lazyRetry, random);
    if (passing === undefined || clock.monotonicMs() + delayMs >= untilMs) throw passing ?? failed.at(-1);
    if (attempt === 1) log.warn({ err: passing }, 'pages of an image do not come now: they are waited for');
    await sleep(clock, delayMs, signal);
  }
}

/** Null where one of them could; otherwise why each could not. */
async function failuresOf(
  sources: readonly ChunkSource[],
  answerFrom: AnswerFrom,
  signal: AbortSignal,
): Promise<unknown[] | null> {
  const failed: unknown[] = [];
  for (const source of sources) {
    signal.throwIfAborted();
    try {
      await answerFrom(source);
      return null;
    } catch (error) {
      failed.push(error);
    }
  }
  return failed;
}

/** What is missing or damaged there stays so. */
const isUnusable = (error: unknown): boolean =>
  error instanceof CellbookError && error.code === 'sandbox_unavailable';

/** Every chunk of these files. */
export const chunksOf = (files: readonly ImageFile[]): Chunk[] =>
  files.flatMap((file) => (file.kind === 'inline' ? [] : file.chunks));
