/**
 * The framing between a cell and the supervisor inside a sandbox, in both directions. Every frame is a
 * 20-byte little-endian header and a payload:
 *
 *     u32 payload length   at most limits.supervisorLink.frameBytesMax
 *     u8  type             1..127 must be known to the receiver; 128..255 are skipped where they are not
 *     u8  flags            bit 0: the payload of a RESPONSE is an error
 *     u16 zero
 *     u64 seq              counts the sender's frames from 1, rising, below 2^53
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
  restored: 6,
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
  /** Between a controller and a host daemon alone (host/wire/link-protocol.ts); no supervisor sees them. */
  acknowledged: 112,
  note: 113,
  exited: 114,
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

/** Smaller pieces of one frame are joined as they come: a Buffer for each byte would take a hundred bytes. */
const pieceBytesMin = 32 * 1024;

/** Cuts a stream into whole frames, header included. Copies only a frame that arrived in pieces. */
export class FrameSplitter {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #neededBytes = headerBytes;

  /** Calls `deliver` for each frame completed by `chunk`. Throws `malformed_frame`; then the stream must end. */
  push(chunk: Buffer, deliver: (bytes: Buffer) => void): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#neededBytes) {
      this.#joinSmall();
      return;
    }
    const data = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#bytes);
    let at = 0;
    for (;;) {
      const left = data.length - at;
      this.#neededBytes = left < headerBytes ? headerBytes : headerBytes + this.#payloadBytes(data, at);
      if (left < this.#neededBytes) break;
      const bytes = data.subarray(at, at + this.#neededBytes);
      at += this.#neededBytes;
      deliver(bytes);
    }
    this.#chunks = at === data.length ? [] : [data.subarray(at)];
    this.#bytes = data.length - at;
  }

  /** How many pieces of an unfinished frame are held. */
  get pieces(): number {
    return this.#chunks.length;
  }

  /** Pieces are joined with those no longer than them, so that each byte is copied a few times at most. */
  #joinSmall(): void {
    for (;;) {
      const [before, last] = this.#chunks.slice(-2);
      if (!before || !last || before.length > last.length || before.length >= pieceBytesMin) return;
      this.#chunks.splice(-2, 2, Buffer.concat([before, last]));
    }
  }

  #payloadBytes(data: Buffer, at: number): number {
    const length = data.readUInt32LE(at);
    if (length > limits.supervisorLink.frameBytesMax) throw malformed(`a frame of ${length} bytes`);
    if (data.readUInt16LE(at + 6) !== 0) throw malformed('the reserved bytes are not zero');
    return length;
  }
}

/** Whole frames of one sender, in order and of known types. */
export class FrameDecoder {
  readonly #splitter = new FrameSplitter();
  #lastSeq: number;

  /** `lastSeq`: what was heard of this sender before, where its frames go on from there. */
  constructor(lastSeq = 0) {
    this.#lastSeq = lastSeq;
  }

  /** The number of the last frame that was delivered or skipped; 0 before the first. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Calls `deliver` for each frame completed by `chunk`. Throws `malformed_frame`; then the link must end. */
  push(chunk: Buffer, deliver: (frame: Frame) => void): void {
    this.#splitter.push(chunk, (bytes) => {
      const frame = this.#read(bytes);
      if (frame) deliver(frame);
    });
  }

  #read(bytes: Buffer): Frame | null {
    const frame = readFrame(bytes);
    if (frame.seq <= this.#lastSeq) throw malformed(`frame ${frame.seq} came after frame ${this.#lastSeq}`);
    this.#lastSeq = frame.seq;
    if (knownTypes.has(frame.type)) return frame;
    if (frame.type < firstSkippableType)
      throw malformed(`frame type ${frame.type} is not known to this protocol`);
    return null;
  }
}

export function readFrame(bytes: Buffer): Frame {
  const payload = bytes.subarray(headerBytes);
  const [type = 0, flags = 0] = [bytes[4], bytes[5]];
  const seq = readU64(bytes, 8);
  // Beyond, numbers are not told apart any more, and the largest has no successor that could be written.
  if (!Number.isSafeInteger(seq)) throw malformed(`the number ${seq} is beyond what a frame is counted to`);
  return { type, flags, seq, stream: bytes.readUInt32LE(16), payload };
}

/** Writes another number into a whole frame. */
export function renumber(bytes: Buffer, seq: number): void {
  bytes.writeUInt32LE(seq % 2 ** 32, 8);
  bytes.writeUInt32LE(Math.floor(seq / 2 ** 32), 12);
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
