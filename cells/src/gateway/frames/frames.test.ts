import { CellbookError } from '@cellbook/shared/errors.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinBinary, legacyToV1, splitBinary, v1ToLegacy } from './legacy-frame.ts';
import { looseHeader, readHeader } from './message.ts';
import { channels, readV1Frame, writeV1Frame } from './v1-frame.ts';

const bytes = fc.uint8Array({ maxLength: 64 }).map((value) => Buffer.from(value));
const parts = fc.array(bytes, { minLength: 4, maxLength: 9 });
const channel = fc.constantFrom(...channels);
const object = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.parse(JSON.stringify(value)));

function refuses(read: () => unknown): void {
  try {
    read();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(CellbookError);
    expect((thrown as CellbookError).code).toBe('malformed_frame');
  }
}

describe('the v1 framing', () => {
  test('reads back what it wrote, for any parts', () => {
    fc.assert(
      fc.property(channel, parts, (name, written) => {
        const frame = readV1Frame(writeV1Frame(name, written));
        expect(frame.channel).toBe(name);
        expect(frame.parts.map((bytes) => bytes.toString('hex'))).toEqual(
          written.map((bytes) => bytes.toString('hex')),
        );
      }),
    );
  });

  test('puts the channel at byte 56 of a message without buffers', () => {
    const frame = writeV1Frame('shell', [
      Buffer.from('{}'),
      Buffer.from('{}'),
      Buffer.from('{}'),
      Buffer.from('{}'),
    ]);
    expect(frame.readBigUInt64LE(0)).toBe(6n);
    expect(frame.readBigUInt64LE(8)).toBe(56n);
    expect(frame.subarray(56, 61).toString()).toBe('shell');
    expect(frame.readBigUInt64LE(48)).toBe(BigInt(frame.length));
  });

  test('refuses any bytes with a typed error and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (raw) => refuses(() => readV1Frame(Buffer.from(raw)))),
    );
  });

  test('refuses a message whose offsets were tampered with, or reads only inside it', () => {
    fc.assert(
      fc.property(
        channel,
        parts,
        fc.nat(80),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        (name, written, at, value) => {
          const frame = writeV1Frame(name, written);
          frame.writeBigUInt64LE(value, Math.min(at, frame.length - 8));
          refuses(() => {
            const length = readV1Frame(frame).parts.reduce((sum, bytes) => sum + bytes.length, 0);
            expect(length).toBeLessThanOrEqual(frame.length);
          });
        },
      ),
    );
  });

  test('refuses a message that is cut off anywhere', () => {
    const frame = writeV1Frame('iopub', [
      Buffer.from('{}'),
      Buffer.from('{}'),
      Buffer.from('{}'),
      Buffer.from('{}'),
    ]);
    for (let length = 0; length < frame.length; length++)
      expect(() => readV1Frame(frame.subarray(0, length))).toThrow(CellbookError);
  });

  test('refuses a count of parts that would need the machine’s memory', () => {
    const frame = Buffer.alloc(64);
    frame.writeBigUInt64LE(2n ** 40n, 0);
    expect(() => readV1Frame(frame)).toThrow('offsets');
  });
});

describe('the older framing', () => {
  test('carries keys that mean something to JavaScript', () => {
    const text =
      '{"header":{"__proto__":1},"metadata":{"__proto__":[]},"content":{"__proto__":{"constructor":2}}}';
    const { parts } = readV1Frame(legacyToV1(Buffer.from(text), false));
    expect(parts.map(String)).toEqual([
      '{"__proto__":1}',
      '{}',
      '{"__proto__":[]}',
      '{"__proto__":{"constructor":2}}',
    ]);
  });

  test('carries a message both ways unchanged, with and without buffers', () => {
    fc.assert(
      fc.property(
        object,
        object,
        channel,
        fc.array(bytes, { maxLength: 4 }),
        (content, metadata, name, buffers) => {
          const header = { msg_id: 'a', msg_type: 'b' };
          const json = Buffer.from(
            JSON.stringify({ header, parent_header: {}, metadata, content, channel: name }),
          );
          const sent = buffers.length === 0 ? json : joinBinary([json, ...buffers]);
          const frame = readV1Frame(legacyToV1(sent, buffers.length > 0));
          expect(frame.channel).toBe(name);
          const back = v1ToLegacy(frame)!;
          expect(back.isBinary).toBe(buffers.length > 0);
          const [text, ...received] = back.isBinary ? splitBinary(back.data) : [back.data];
          const parsed = JSON.parse(text!.toString());
          // As text: a matcher takes a key named __proto__ for the prototype.
          expect(JSON.stringify([parsed.metadata, parsed.content])).toBe(JSON.stringify([metadata, content]));
          expect(parsed).toMatchObject({
            header,
            msg_id: 'a',
            msg_type: 'b',
            channel: name,
          });
          expect(received.map((bytes) => bytes.toString('hex'))).toEqual(
            buffers.map((bytes) => bytes.toString('hex')),
          );
        },
      ),
    );
  });

  test('refuses any bytes, as text or binary, with a typed error and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (raw, isBinary) =>
        refuses(() => legacyToV1(Buffer.from(raw), isBinary)),
      ),
    );
  });

  test('refuses any JSON that is no message', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) =>
        refuses(() => legacyToV1(Buffer.from(JSON.stringify(value)), false)),
      ),
    );
  });

  test('refuses offsets out of order or out of range', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2 ** 32 - 1), { minLength: 1, maxLength: 5 }), (offsets) => {
        const data = Buffer.alloc(4 * (offsets.length + 1) + 16);
        data.writeUInt32BE(offsets.length, 0);
        offsets.forEach((offset, index) => void data.writeUInt32BE(offset, 4 * (index + 1)));
        refuses(() => splitBinary(data));
      }),
    );
  });

  test('takes a message without a channel as shell, as jupyter_server does', () => {
    const frame = readV1Frame(
      legacyToV1(Buffer.from('{"header":{"msg_id":"a","msg_type":"b"},"content":{}}'), false),
    );
    expect(frame.channel).toBe('shell');
  });

  test('does not put bytes that are no UTF-8 into a text frame', () => {
    const frame = writeV1Frame('iopub', [
      Buffer.from([0xff]),
      Buffer.from('{}'),
      Buffer.from('{}'),
      Buffer.from('{}'),
    ]);
    expect(v1ToLegacy(readV1Frame(frame))).toBeNull();
  });
});

describe('a header', () => {
  test('of any bytes is read or refused, never a crash', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (raw) => void looseHeader(Buffer.from(raw))));
    const frame = readV1Frame(
      writeV1Frame('shell', [Buffer.from('[]'), Buffer.from('{}'), Buffer.from('{}'), Buffer.from('{}')]),
    );
    expect(() => readHeader(frame)).toThrow('msg_id');
  });
});
