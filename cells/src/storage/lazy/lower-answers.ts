/**
 * What a mount of a stored tree answers to the kernel (linux/fuse.h 7.31; the framing is in
 * snapshots/lazy/fuse-wire.ts): the shapes of attributes, entries and listings. Pure.
 */
import { sandboxGid, sandboxUid } from '../../sandbox/driver.ts';
import { errno } from '../../snapshots/lazy/fuse-wire.ts';
import type { Entry } from '../tree/entry.ts';
import { nameToBytes } from '../tree/name.ts';
import { inodeOf, type LowerNode, sizeOf } from './lower-tree.ts';

/** As long as the mount lasts: nothing below it changes. */
const validS = 1n << 31n;
const kinds = { directory: 0o040_000, file: 0o100_000, link: 0o120_000 } as const;
const billion = 1_000_000_000n;

/** Reads come in pieces of up to `readBytesMax`, several at once; links and listings are kept by the kernel. */
export function initAnswer(readBytesMax: number): Buffer {
  const answer = Buffer.alloc(64);
  const [asyncRead, noOpen, parallelLookups, maxPages, keptLinks, noOpenDirectory] = [0, 17, 18, 22, 23, 24];
  const flags = [asyncRead, noOpen, parallelLookups, maxPages, keptLinks, noOpenDirectory];
  answer.writeUInt32LE(7, 0);
  answer.writeUInt32LE(31, 4);
  answer.writeUInt32LE(readBytesMax, 8);
  answer.writeUInt32LE(
    flags.reduce((sum, bit) => sum + 2 ** bit, 0),
    12,
  );
  answer.writeUInt16LE(64, 16);
  answer.writeUInt16LE(48, 18);
  answer.writeUInt32LE(4_096, 20);
  answer.writeUInt32LE(1, 24);
  answer.writeUInt16LE(readBytesMax / 4_096, 28);
  return answer;
}

export function entryAnswer(node: LowerNode): Buffer {
  const head = Buffer.alloc(40);
  head.writeBigUInt64LE(node.id, 0);
  head.writeBigUInt64LE(validS, 16);
  head.writeBigUInt64LE(validS, 24);
  return Buffer.concat([head, attributesOf(node)]);
}

/** A name that is not there, and will not be. */
export function noEntryAnswer(): Buffer {
  const answer = Buffer.alloc(40 + attributesBytes);
  answer.writeBigUInt64LE(validS, 16);
  return answer;
}

export function attributesAnswer(node: LowerNode): Buffer {
  const head = Buffer.alloc(16);
  head.writeBigUInt64LE(validS, 0);
  return Buffer.concat([head, attributesOf(node)]);
}

export const linkAnswer = (entry: Entry): Buffer | number =>
  entry.type === 'link' ? nameToBytes(entry.target) : errno.io;

/** A file system with nothing free: whoever writes writes above it. */
export function statfsAnswer(): Buffer {
  const answer = Buffer.alloc(80);
  answer.writeUInt32LE(4_096, 40);
  answer.writeUInt32LE(255, 44);
  answer.writeUInt32LE(4_096, 48);
  return answer;
}

/** The names from the `from`-th on, as many as fit. */
export function listAnswer(node: LowerNode, from: number, bytesMax: number): Buffer {
  const parts: Buffer[] = [];
  let bytes = 0;
  for (const [at, name, inode, kind] of namesFrom(node, from)) {
    const length = 24 + name.length;
    const part = Buffer.alloc(Math.ceil(length / 8) * 8);
    if (bytes + part.length > bytesMax) break;
    part.writeBigUInt64LE(inode, 0);
    part.writeBigUInt64LE(BigInt(at + 1), 8);
    part.writeUInt32LE(name.length, 16);
    part.writeUInt32LE(kind >> 12, 20);
    name.copy(part, 24);
    parts.push(part);
    bytes += part.length;
  }
  return Buffer.concat(parts);
}

function* namesFrom(node: LowerNode, from: number): Generator<[number, Buffer, bigint, number]> {
  let at = 0;
  for (const dots of ['.', '..']) {
    if (at >= from) yield [at, Buffer.from(dots), inodeOf(node), kinds.directory];
    at += 1;
  }
  for (const [name, child] of node.children ?? []) {
    if (at >= from) yield [at, nameToBytes(name), inodeOf(child), kinds[child.entry.type]];
    at += 1;
  }
}

const attributesBytes = 88;

function attributesOf(node: LowerNode): Buffer {
  const { entry } = node;
  const attributes = Buffer.alloc(attributesBytes);
  const size = sizeOf(entry);
  attributes.writeBigUInt64LE(inodeOf(node), 0);
  attributes.writeBigUInt64LE(BigInt(size), 8);
  attributes.writeBigUInt64LE(BigInt(Math.ceil(size / 512)), 16);
  const [mtimeNs, ctimeNs] = [BigInt(entry.mtimeNs), BigInt(entry.createdNs)];
  for (const [at, ns] of [mtimeNs, mtimeNs, ctimeNs].entries()) {
    const subsecond = ((ns % billion) + billion) % billion;
    attributes.writeBigInt64LE((ns - subsecond) / billion, 24 + at * 8);
    attributes.writeUInt32LE(Number(subsecond), 48 + at * 4);
  }
  attributes.writeUInt32LE(kinds[entry.type] | entry.mode, 60);
  attributes.writeUInt32LE(1, 64);
  const isRoot = process.getuid?.() === 0;
  attributes.writeUInt32LE(isRoot ? sandboxUid : (process.getuid?.() ?? 0), 68);
  attributes.writeUInt32LE(isRoot ? sandboxGid : (process.getgid?.() ?? 0), 72);
  attributes.writeUInt32LE(4_096, 80);
  return attributes;
}
