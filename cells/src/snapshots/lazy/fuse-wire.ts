/**
 * What the kernel and a file system in a process say to each other (linux/fuse.h, version 7.31), as far as a
 * directory of read-only files needs it. Every message is its length, an opcode and a number that the answer
 * names; integers are little-endian, as this host's are. Pure.
 *
 *     kernel ── u32 length │ u32 opcode │ u64 unique │ u64 node │ 16 bytes of who asks │ arguments ──▶
 *            ◀── u32 length │ i32 -errno │ u64 unique │ what was asked for ──
 */

export const opcode = {
  lookup: 1,
  forget: 2,
  getattr: 3,
  open: 14,
  read: 15,
  statfs: 17,
  release: 18,
  init: 26,
  opendir: 27,
  readdir: 28,
  releasedir: 29,
  interrupt: 36,
  destroy: 38,
  batchForget: 42,
} as const;

export const errno = { none: 0, noEntry: 2, io: 5, again: 11, notImplemented: 38 } as const;

export interface FuseRequest {
  opcode: number;
  unique: bigint;
  node: bigint;
  body: Buffer;
}

const headerBytes = 40;
const answerHeaderBytes = 16;
/** As long as the file system lasts: nothing here changes. */
const validS = 3_600n;
const directoryMode = 0o040_500;
const fileMode = 0o100_400;
/** A read goes past the page cache, where what it gives would stay in the clear. */
const directIo = 1;

/** Cuts what comes from the kernel into its messages; half a message waits for its rest. */
export class FuseSplitter {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer, hear: (request: FuseRequest) => void): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= headerBytes) {
      const length = bytes.readUInt32LE(0);
      if (length < headerBytes) throw new Error(`a message of the kernel is ${length} bytes long`);
      if (bytes.length < length) break;
      hear({
        opcode: bytes.readUInt32LE(4),
        unique: bytes.readBigUInt64LE(8),
        node: bytes.readBigUInt64LE(16),
        body: bytes.subarray(headerBytes, length),
      });
      bytes = bytes.subarray(length);
    }
    this.#rest = Buffer.from(bytes);
  }
}

export function answerHeader(unique: bigint, payloadBytes: number, failed: number = errno.none): Buffer {
  const header = Buffer.alloc(answerHeaderBytes);
  header.writeUInt32LE(answerHeaderBytes + payloadBytes, 0);
  header.writeInt32LE(-failed, 4);
  header.writeBigUInt64LE(unique, 8);
  return header;
}

/** Reads of up to `pagesMax` pages come in one message; several at once. */
export function initAnswer(pagesMax: number): Buffer {
  const answer = Buffer.alloc(64);
  const [asyncRead, parallelLookups, maxPages] = [1 << 0, 1 << 18, 1 << 22];
  answer.writeUInt32LE(7, 0);
  answer.writeUInt32LE(31, 4);
  answer.writeUInt32LE(asyncRead | parallelLookups | maxPages, 12);
  answer.writeUInt16LE(64, 16);
  answer.writeUInt16LE(48, 18);
  answer.writeUInt32LE(4_096, 20);
  answer.writeUInt32LE(1, 24);
  answer.writeUInt16LE(pagesMax, 28);
  return answer;
}

export interface Attributes {
  node: bigint;
  /** Of a file; null is the directory. */
  bytes: number | null;
}

export function entryAnswer(attributes: Attributes): Buffer {
  const entry = Buffer.alloc(40);
  entry.writeBigUInt64LE(attributes.node, 0);
  entry.writeBigUInt64LE(validS, 16);
  entry.writeBigUInt64LE(validS, 24);
  return Buffer.concat([entry, attributeBytes(attributes)]);
}

export function attributesAnswer(attributes: Attributes): Buffer {
  const valid = Buffer.alloc(16);
  valid.writeBigUInt64LE(validS, 0);
  return Buffer.concat([valid, attributeBytes(attributes)]);
}

export function openAnswer(): Buffer {
  const answer = Buffer.alloc(16);
  answer.writeUInt32LE(directIo, 8);
  return answer;
}

/** Where a read begins, and how much it wants. */
export const readWanted = (body: Buffer): { offset: number; bytes: number } => ({
  offset: Number(body.readBigUInt64LE(8)),
  bytes: body.readUInt32LE(16),
});

export const lookedUpName = (body: Buffer): string => body.toString('utf8', 0, body.indexOf(0));

function attributeBytes({ node, bytes }: Attributes): Buffer {
  const attributes = Buffer.alloc(88);
  attributes.writeBigUInt64LE(node, 0);
  attributes.writeBigUInt64LE(BigInt(bytes ?? 0), 8);
  attributes.writeBigUInt64LE(BigInt(Math.ceil((bytes ?? 0) / 512)), 16);
  attributes.writeUInt32LE(bytes === null ? directoryMode : fileMode, 60);
  attributes.writeUInt32LE(1, 64);
  attributes.writeUInt32LE(4_096, 80);
  return attributes;
}
