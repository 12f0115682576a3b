import { limits } from '@cellbook/shared/limits.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeEnvelope,
  encodeEnvelope,
  type Frame,
  FrameDecoder,
  FrameSplitter,
  frameHeader,
  frameType,
  headerBytes,
} from './frames.ts';

const anyFrame = fc.record({
  type: fc.constantFrom(...Object.values(frameType)),
  stream: fc.nat({ max: 0xffffffff }),
  flags: fc.constantFrom(0, 1),
  payload: fc.uint8Array({ maxLength: 300 }),
});

function encode(frames: Array<{ type: number; stream: number; flags: number; payload: Uint8Array }>): Buffer {
  const parts = frames.flatMap(({ type, stream, flags, payload }, index) => [
    frameHeader(type, stream, index + 1, payload.length, flags),
    payload,
  ]);
  return Buffer.concat(parts);
}

/** Feeds `bytes` in pieces that end at `cuts`. */
function decode(bytes: Buffer, cuts: number[] = []): Frame[] {
  const frames: Frame[] = [];
  const decoder = new FrameDecoder();
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const end of [...ends, bytes.length]) {
    decoder.push(bytes.subarray(from, end), (frame) =>
      frames.push({ ...frame, payload: Buffer.from(frame.payload) }),
    );
    from = end;
  }
  return frames;
}

describe('frames', () => {
  it('come out as they went in, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (frames, cuts) => {
          const got = decode(encode(frames), cuts);
          expect(got.map(({ seq }) => seq)).toEqual(frames.map((_, index) => index + 1));
          expect(
            got.map(({ type, stream, flags, payload }) => ({ type, stream, flags, payload: [...payload] })),
          ).toEqual(
            frames.map(({ type, stream, flags, payload }) => ({
              type,
              stream,
              flags,
              payload: [...payload],
            })),
          );
        },
      ),
    );
  });

  it('of any bytes whatsoever are decoded or refused as malformed, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(), { maxLength: 5 }), (bytes, cuts) => {
        try {
          decode(Buffer.from(bytes), cuts);
        } catch (error) {
          expect(error).toMatchObject({ code: 'malformed_frame' });
        }
      }),
      { numRuns: 500 },
    );
  });

  it('with one bit of the header flipped never become another message', () => {
    const one = { type: frameType.kernelOutput, stream: 7, flags: 0, payload: Buffer.from('payload') };
    fc.assert(
      fc.property(fc.nat({ max: headerBytes * 8 - 1 }), (bit) => {
        const bytes = encode([one]);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        let frames: Frame[] = [];
        try {
          frames = decode(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'malformed_frame' });
        }
        expect(frames.length).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('that lie in one piece are not copied', () => {
    const bytes = encode([
      { type: frameType.terminalOutput, stream: 1, flags: 0, payload: Buffer.from('abc') },
    ]);
    const frames: Frame[] = [];
    new FrameDecoder().push(bytes, (frame) => frames.push(frame));
    expect(frames[0]?.payload.buffer).toBe(bytes.buffer);
  });

  it('over the limit are refused before they are read and before they are written', () => {
    const { frameBytesMax } = limits.supervisorLink;
    expect(() => frameHeader(frameType.request, 1, 1, frameBytesMax + 1)).toThrow(
      expect.objectContaining({ code: 'too_large' }),
    );
    const header = frameHeader(frameType.kernelOutput, 1, 1, frameBytesMax);
    header.writeUInt32LE(frameBytesMax + 1, 0);
    expect(() => decode(header)).toThrow(expect.objectContaining({ code: 'malformed_frame' }));
  });

  it('of an unknown type are skipped from 128 on and refused below', () => {
    const known = { type: frameType.heartbeat, stream: 0, flags: 0, payload: Buffer.alloc(0) };
    expect(decode(encode([{ ...known, type: 200 }, known])).map(({ type }) => type)).toEqual([
      frameType.heartbeat,
    ]);
    expect(() => decode(encode([{ ...known, type: 99 }]))).toThrow(
      expect.objectContaining({ code: 'malformed_frame' }),
    );
  });

  it('that repeat or step back in sequence are refused', () => {
    const payload = Buffer.alloc(0);
    const twice = Buffer.concat([
      frameHeader(frameType.heartbeat, 0, 5, 0),
      payload,
      frameHeader(frameType.heartbeat, 0, 5, 0),
    ]);
    expect(() => decode(twice)).toThrow(expect.objectContaining({ code: 'malformed_frame' }));
  });

  it('carry sequence numbers beyond 32 bits', () => {
    expect(decode(frameHeader(frameType.heartbeat, 0, 2 ** 40 + 3, 0))[0]?.seq).toBe(2 ** 40 + 3);
  });
});

describe('envelopes', () => {
  it('give back the value and the bytes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.uint8Array(), (value, binary) => {
        const opened = decodeEnvelope(encodeEnvelope(value, binary));
        expect(JSON.stringify(opened.value)).toEqual(JSON.stringify(value));
        expect([...opened.binary]).toEqual([...binary]);
      }),
    );
  });

  it('of any bytes are opened or refused as malformed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          decodeEnvelope(Buffer.from(bytes));
        } catch (error) {
          expect(error).toMatchObject({ code: 'malformed_frame' });
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a sandbox that says a large frame byte by byte', () => {
  it('is heard whole, and holds few pieces meanwhile', () => {
    const payload = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
    const bytes = Buffer.concat([frameHeader(frameType.kernelOutput, 1, 1, payload.length), payload]);
    const splitter = new FrameSplitter();
    const heard: Buffer[] = [];
    let most = 0;
    for (let at = 0; at < bytes.length; at++) {
      splitter.push(bytes.subarray(at, at + 1), (frame) => heard.push(frame));
      most = Math.max(most, splitter.pieces);
    }
    expect(heard.map((frame) => frame.equals(bytes))).toEqual([true]);
    expect(most).toBeLessThan(32);
  });
});
