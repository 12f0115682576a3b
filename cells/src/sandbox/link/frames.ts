/**
 * The framing between a cell and the supervisor inside a sandbox, in both directions. Every frame is a
 * 20-byte little-endian header and a payload:
 *
 *     u32 payload length   at most limits.supervisorLink.frameBytesMax
 *     u8  type             1..127 must be known to the receiver; 128..255 are skipped where they are not
 *     u8  flags            bit 0: the payload of a RESPONSE is an error
 *     u16 zero
 *     u64 seq              counts the sender's frames from 1, rising
 *     u32 stream           the kernel, terminal or request the frame belongs to; 0 for none
 *
 * REQUEST and RESPONSE carry an envelope: u32 length of a JSON text, the text, then raw bytes. KERNEL_OUTPUT
 * carries the kernel's own u64 sequence number before the v1 frame. ACCEPTED carries the u64 count of input
 * bytes taken from a stream so far. The sandbox is not trusted: whatever breaks these rules ends the link.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';

export const frameType = {
  request: 1,
  kernelInput: 2,
  terminalInput: 3,
  quiesce: 4,
  resume: 5,
  hello: 16,
  response: 17,
  kernelOutput: 18,
  kernelState: 19,
  terminalOutput: 20,
  terminalExit: 21,
  heartbeat: 22,
  quiesced: 23,
  accepted: 24,
  protocolError: 25,
} as const;

export const headerBytes = 20;
export const flagError = 1;
const firstSkippableType = 128;
const knownTypes = new Set<number>(Object.values(frameType));

export interface Frame {
  type: number;
  flags: number;
  seq: number;
  stream: number;
  /** A view of the bytes as they came where the frame lay in one piece. */
  payload: Buffer;
}

export function frameHeader(
  type: number,
  stream: number,
  seq: number,
  payloadBytes: number,
  flags = 0,
): Buffer {
  if (payloadBytes > limits.supervisorLink.frameBytesMax) throw tooLarge(payloadBytes);
  const header = Buffer.allocUnsafe(headerBytes);
  header.writeUInt32LE(payloadBytes, 0);
  header[4] = type;
  header[5] = flags;
  header.writeUInt16LE(0, 6);
  header.writeUInt32LE(seq % 2 ** 32, 8);
  header.writeUInt32LE(Math.floor(seq / 2 ** 32), 12);
  header.writeUInt32LE(stream, 16);
  return header;
}

export function readU64(buffer: Buffer, at: number): number {
  return buffer.readUInt32LE(at) + buffer.readUInt32LE(at + 4) * 2 ** 32;
}

function tooLarge(bytes: number): CellbookError {
  return new CellbookError('too_large', {
    doing: 'framing a message for a sandbox',
    problem: `${bytes} bytes are over the limit of ${limits.supervisorLink.frameBytesMax}`,
    next: 'Send it in smaller parts, or write it to a file.',
  });
}

export function malformed(problem: string): CellbookError {
  return new CellbookError('malformed_frame', { doing: 'reading what a sandbox sent', problem });
}

/** Collects bytes as they come and gives whole frames. Copies only a frame that arrived in pieces. */
export class FrameDecoder {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #neededBytes = headerBytes;
  #lastSeq = 0;

  /** Calls `deliver` for each frame completed by `chunk`. Throws `malformed_frame`; then the link must end. */
  push(chunk: Buffer, deliver: (frame: Frame) => void): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#neededBytes) return;
    const data = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#bytes);
    let at = 0;
    for (;;) {
      const left = data.length - at;
      this.#neededBytes = left < headerBytes ? headerBytes : headerBytes + this.#payloadBytes(data, at);
      if (left < this.#neededBytes) break;
      const frame = this.#frame(data, at, at + this.#neededBytes);
      at += this.#neededBytes;
      if (frame) deliver(frame);
    }
    this.#chunks = at === data.length ? [] : [data.subarray(at)];
    this.#bytes = data.length - at;
  }

  #payloadBytes(data: Buffer, at: number): number {
    const length = data.readUInt32LE(at);
    if (length > limits.supervisorLink.frameBytesMax) throw malformed(`a frame of ${length} bytes`);
    if (data.readUInt16LE(at + 6) !== 0) throw malformed('the reserved bytes are not zero');
    return length;
  }

  #frame(data: Buffer, at: number, end: number): Frame | null {
    const seq = readU64(data, at + 8);
    if (seq <= this.#lastSeq) throw malformed(`frame ${seq} came after frame ${this.#lastSeq}`);
    this.#lastSeq = seq;
    const type = data[at + 4] ?? 0;
    if (!knownTypes.has(type)) {
      if (type < firstSkippableType) throw malformed(`frame type ${type} is not known to this protocol`);
      return null;
    }
    const payload = data.subarray(at + headerBytes, end);
    return { type, flags: data[at + 5] ?? 0, seq, stream: data.readUInt32LE(at + 16), payload };
  }
}

export function encodeEnvelope(value: unknown, binary?: Uint8Array): Buffer {
  const text = Buffer.from(JSON.stringify(value));
  const head = Buffer.allocUnsafe(4);
  head.writeUInt32LE(text.length);
  return binary === undefined ? Buffer.concat([head, text]) : Buffer.concat([head, text, binary]);
}

export function decodeEnvelope(payload: Buffer): { value: unknown; binary: Buffer } {
  if (payload.length < 4) throw malformed('an envelope is at least 4 bytes');
  const length = payload.readUInt32LE(0);
  if (length > payload.length - 4) throw malformed("an envelope's JSON is longer than its frame");
  try {
    const value: unknown = JSON.parse(payload.toString('utf8', 4, 4 + length));
    return { value, binary: payload.subarray(4 + length) };
  } catch (cause) {
    throw cause instanceof SyntaxError ? malformed("an envelope's JSON does not parse") : cause;
  }
}
