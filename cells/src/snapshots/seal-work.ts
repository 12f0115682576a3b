/** What the threads do: a piece of a file into chunks, and chunks into a piece of a file. Blocking throughout. */
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
  writevSync,
} from 'node:fs';
import { join } from 'node:path';
import { limits } from '@cellbook/shared/limits.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { type Chunk, chunkName, openChunk, packChunk, sealChunk } from './chunk.ts';
import { free } from './free.ts';
import { type ImageSubkeys, subkeysOf } from './image-key.ts';
import { say } from './lazy/fuse-answer.ts';
import type { PageRead } from './lazy/page-reads.ts';

export interface Piece {
  key: Uint8Array;
  /** In the clear, on a file system in memory. */
  file: string;
  offset: number;
  /** Where chunks lie, each a file of its name. */
  directory: string;
}

export interface SealPiece extends Piece {
  kind: 'seal';
  bytes: number;
  /** Tells drafts of threads apart. */
  draft: string;
}

export interface OpenPiece extends Piece {
  kind: 'open';
  chunks: Chunk[];
}

/** Reads of a file that is opened as it is read (lazy/), with the chunks that hold what they want. */
export interface AnswerPiece {
  kind: 'answer';
  key: Uint8Array;
  /** Where the first of these chunks begins in the file. */
  offset: number;
  chunks: Chunk[];
  directory: string;
  /** Lent: it stays open until this is answered. */
  device: number;
  reads: PageRead[];
}

/** A chunk as it goes to the object store. */
export interface PackPiece {
  kind: 'pack';
  key: Uint8Array;
  chunk: Chunk;
  directory: string;
}

export function sealPiece(piece: SealPiece, random: Random): Chunk[] {
  const { key, file, offset, bytes, directory, draft } = piece;
  const subkeys = subkeysOf(key);
  const source = openSync(file, 'r');
  try {
    const buffer = Buffer.allocUnsafe(limits.snapshots.chunkBytes);
    const chunks: Chunk[] = [];
    for (let at = 0; at < bytes; at += buffer.length) {
      const content = buffer.subarray(0, Math.min(buffer.length, bytes - at));
      if (readSync(source, content, 0, content.length, offset + at) < content.length)
        throw new Error('a file of the image became shorter');
      const name = chunkName(subkeys, content);
      if (!existsSync(join(directory, name)))
        writeAndFree(join(directory, name), draft, sealChunk(subkeys, name, content, random));
      chunks.push({ name, bytes: content.length });
    }
    return chunks;
  } finally {
    closeSync(source);
  }
}

/** Gives what is wrong with the first chunk that cannot be used, or null. */
export function openPiece({ key, file, offset, chunks, directory }: OpenPiece): string | null {
  const subkeys = subkeysOf(key);
  const target = openSync(file, 'r+');
  try {
    let at = offset;
    for (const chunk of chunks) {
      const content = contentOf(subkeys, chunk, directory);
      if (typeof content === 'string') return content;
      writeAll(target, content, at);
      at += content.length;
      free(content);
    }
    return null;
  } finally {
    closeSync(target);
  }
}

/** The chunk sealed anew, or what is wrong with it. */
export function packPiece(
  { key, chunk, directory }: PackPiece,
  random: Random,
): Buffer<ArrayBuffer> | string {
  const subkeys = subkeysOf(key);
  const content = contentOf(subkeys, chunk, directory);
  if (typeof content === 'string') return content;
  return Buffer.concat(packChunk(subkeys, chunk.name, content, random));
}

/** Answers each read as soon as it can; gives what is wrong with the first chunk that cannot be used, or null. */
export function answerPiece({ key, offset, chunks, directory, device, reads }: AnswerPiece): string | null {
  const subkeys = subkeysOf(key);
  const rest = [...reads].sort((one, other) => one.offset - other.offset);
  const contents: Buffer[] = [];
  let at = offset;
  let end = offset;
  for (const chunk of chunks) {
    const content = contentOf(subkeys, chunk, directory);
    if (typeof content === 'string') return content;
    contents.push(content);
    end += content.length;
    for (let read = rest[0]; read && read.offset + read.bytes <= end; read = rest[0]) {
      rest.shift();
      say({ fd: device }, read.unique, slices(contents, read.offset - at, read.bytes));
    }
    // Those that nobody reads any more.
    for (
      let first = contents[0];
      first && at + first.length <= (rest[0]?.offset ?? end);
      first = contents[0]
    ) {
      contents.shift();
      at += first.length;
      free(first);
    }
  }
  contents.forEach(free);
  return null;
}

/** `bytes` from `at` on, of these one after the other, without copying them. */
function slices(contents: Buffer[], at: number, bytes: number): Buffer[] {
  const parts: Buffer[] = [];
  let begin = 0;
  for (const content of contents) {
    const part = content.subarray(Math.max(0, at - begin), Math.max(0, at + bytes - begin));
    if (part.length > 0) parts.push(part);
    begin += content.length;
  }
  return parts;
}

function contentOf(subkeys: ImageSubkeys, chunk: Chunk, directory: string): Buffer | string {
  const sealed = readIfThere(join(directory, chunk.name));
  if (sealed === null) return 'a piece of its image is missing';
  return openChunk(subkeys, chunk, sealed) ?? 'a piece of its image is damaged';
}

/** No fsync: an image that a power cut damages does not open, and the workspace boots. */
function writeAndFree(path: string, draft: string, parts: Buffer[]): void {
  const file = openSync(draft, 'w', 0o600);
  try {
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    if (writevSync(file, parts) < bytes) throw new Error('the disk is full');
  } finally {
    closeSync(file);
  }
  parts.forEach(free);
  renameSync(draft, path);
}

function writeAll(file: number, content: Buffer, at: number): void {
  for (let done = 0; done < content.length; )
    done += writeSync(file, content, done, content.length - done, at + done);
}

/** Where this thread reads what is sealed: one at a time, opened before the next. */
let room = Buffer.alloc(0);

/** Good until the next one is read. */
function readIfThere(path: string): Buffer | null {
  const file = openIfThere(path);
  if (file === null) return null;
  try {
    const { size } = fstatSync(file);
    if (room.length < size) room = Buffer.allocUnsafeSlow(size);
    let done = 0;
    for (let got = -1; done < size && got !== 0; done += got)
      got = readSync(file, room, done, size - done, done);
    return room.subarray(0, done);
  } finally {
    closeSync(file);
  }
}

function openIfThere(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
