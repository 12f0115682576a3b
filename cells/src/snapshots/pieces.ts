/** An image's directory as pieces: cut up for the threads, and put together again. */
import { mkdir, open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { limits } from '@cellbook/shared/limits.ts';
import { eachAtMost } from '../storage/tree/semaphore.ts';
import type { Chunk } from './chunk.ts';
import type { ChunkSource } from './chunk-source.ts';
import type { ImageKey } from './image-key.ts';
import type { ImageFile } from './manifest.ts';
import type { SealingThreads } from './sealing-threads.ts';

interface Moving {
  threads: SealingThreads;
  /** The sandbox that the image is of: images take turns by it. */
  of: string;
  key: ImageKey;
  to: string;
}

export interface Cutting extends Moving {
  from: string;
}

export interface PuttingTogether extends Moving {
  from: ChunkSource;
}

const { pieceBytes, chunkBytes, inlineBytesMax, piecesAtOnce } = limits.snapshots;
const chunksOfPiece = pieceBytes / chunkBytes;

/** Seals every file below `from` as chunks in `to`; small ones come with the answer. */
export async function cutFiles(moving: Cutting): Promise<ImageFile[]> {
  const entries = await readdir(moving.from, { withFileTypes: true, recursive: true });
  const files: ImageFile[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    files.push(await cutFile(moving, join(entry.parentPath, entry.name)));
  }
  return files;
}

async function cutFile({ threads, of, key, from, to }: Cutting, file: string): Promise<ImageFile> {
  const path = relative(from, file);
  const { size } = await stat(file);
  if (size <= inlineBytesMax) return { kind: 'inline', path, base64: await readFile(file, 'base64') };
  const offsets = Array.from({ length: Math.ceil(size / pieceBytes) }, (_, index) => index * pieceBytes);
  const found = new Map<number, Chunk[]>();
  await eachAtMost(piecesAtOnce, offsets, async (offset) => {
    const bytes = Math.min(pieceBytes, size - offset);
    const draft = join(to, `.draft-${offset}`);
    const piece = { kind: 'seal' as const, key, file, offset, bytes, directory: to, draft };
    found.set(offset, await threads.seal(of, piece));
  });
  return { kind: 'chunks', path, chunks: offsets.flatMap((offset) => found.get(offset) ?? []) };
}

/** Writes every file below `to`. */
export async function putTogether(
  moving: PuttingTogether,
  files: readonly ImageFile[],
  signal: AbortSignal,
): Promise<void> {
  const { threads, of, key, from, to } = moving;
  for (const file of files) await begin(join(to, file.path), file);
  await eachAtMost(piecesAtOnce, files.flatMap(piecesOf), async ({ path, offset, chunks }) => {
    signal.throwIfAborted();
    const piece = { kind: 'open' as const, key, file: join(to, path), offset, chunks };
    await from.having(chunks, (directory) => threads.open(of, { ...piece, directory }), signal);
  });
}

/** A small file whole, a large one as long as it will be. */
async function begin(path: string, file: ImageFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  if (file.kind === 'inline') return writeFile(path, Buffer.from(file.base64, 'base64'));
  const handle = await open(path, 'w');
  try {
    await handle.truncate(file.chunks.reduce((sum, { bytes }) => sum + bytes, 0));
  } finally {
    await handle.close();
  }
}

function piecesOf(file: ImageFile): { path: string; offset: number; chunks: Chunk[] }[] {
  if (file.kind === 'inline') return [];
  const pieces = [];
  for (let first = 0; first < file.chunks.length; first += chunksOfPiece) {
    const chunks = file.chunks.slice(first, first + chunksOfPiece);
    pieces.push({ path: file.path, offset: first * chunkBytes, chunks });
  }
  return pieces;
}
