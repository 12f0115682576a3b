/**
 * The framing `v1.kernel.websocket.jupyter.org`, the only one that travels inside the cell. A message is
 *
 *     u64 n | u64 offset × n | channel | header | parent_header | metadata | content | buffer…
 *
 * all little-endian, offsets counted from the start of the message; part i runs from offset i to offset
 * i + 1, and the last offset is the message's length. Reading checks the offsets and touches no part, so a
 * message passes through the cell as the bytes it came in.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';

export const v1Subprotocol = 'v1.kernel.websocket.jupyter.org';

export const channels = ['shell', 'control', 'stdin', 'iopub'] as const;
export type Channel = (typeof channels)[number];

/** Where the parts of a message are, after the channel's name. */
export const part = { header: 0, parentHeader: 1, metadata: 2, content: 3, firstBuffer: 4 } as const;

const partsMin = 1 + part.firstBuffer;
const partsMax = partsMin + limits.gateway.frameBuffersMax;

export interface V1Frame {
  readonly bytes: Buffer;
  readonly channel: Channel;
  /** Header, parent header, metadata, content and the buffers, as views into `bytes`. */
  readonly parts: readonly Buffer[];
}

/** Throws `malformed_frame`; never reads outside `bytes`. */
export function readV1Frame(bytes: Buffer): V1Frame {
  if (bytes.length < 8) throw malformedFrame('it is shorter than its own count of offsets');
  const count = readU64(bytes, 0);
  if (count < partsMin + 1 || count > partsMax + 1)
    throw malformedFrame(
      `it declares ${count} offsets, between ${partsMin + 1} and ${partsMax + 1} are allowed`,
    );
  const tableEnd = 8 * (count + 1);
  if (bytes.length < tableEnd) throw malformedFrame('its table of offsets is cut short');
  const parts: Buffer[] = [];
  let start = readU64(bytes, 8);
  if (start !== tableEnd) throw malformedFrame('its first part does not follow the table of offsets');
  for (let index = 1; index < count; index++) {
    const end = readU64(bytes, 8 * (index + 1));
    if (end < start || end > bytes.length)
      throw malformedFrame(`offset ${index} is out of order or out of range`);
    parts.push(bytes.subarray(start, end));
    start = end;
  }
  if (start !== bytes.length) throw malformedFrame('its last offset is not its length');
  const channel = channelOf(parts[0]!.toString('latin1'));
  return { bytes, channel, parts: parts.slice(1) };
}

export function writeV1Frame(channel: Channel, parts: readonly Uint8Array[]): Buffer {
  const count = parts.length + 2;
  const tableEnd = 8 * (count + 1);
  const length = parts.reduce((sum, bytes) => sum + bytes.length, tableEnd + channel.length);
  const frame = Buffer.allocUnsafe(length);
  frame.writeBigUInt64LE(BigInt(count), 0);
  frame.writeBigUInt64LE(BigInt(tableEnd), 8);
  let at = tableEnd + frame.write(channel, tableEnd, 'latin1');
  parts.forEach((bytes, index) => {
    frame.writeBigUInt64LE(BigInt(at), 8 * (index + 2));
    frame.set(bytes, at);
    at += bytes.length;
  });
  frame.writeBigUInt64LE(BigInt(length), 8 * count);
  return frame;
}

export function channelOf(name: string): Channel {
  const known = channels.find((channel) => channel === name);
  if (!known) throw malformedFrame(`it names no channel of a kernel; known are ${channels.join(', ')}`);
  return known;
}

export function malformedFrame(problem: string, cause?: unknown): CellbookError {
  return new CellbookError('malformed_frame', {
    doing: 'reading a kernel message',
    problem,
    next: 'Check the framing: v1.kernel.websocket.jupyter.org when it was agreed on, otherwise JSON text.',
    cause,
  });
}

/** A u64 as a number; one beyond 2^53 is larger than any message and comes out as Infinity. */
function readU64(bytes: Buffer, at: number): number {
  const high = bytes.readUInt32LE(at + 4);
  return high > 0x1f_ffff ? Number.POSITIVE_INFINITY : high * 2 ** 32 + bytes.readUInt32LE(at);
}
