import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildFrame } from '../testing/kernel-client.ts';
import { checkKernelFrame } from './kernel-frame.ts';

const refused = expect.objectContaining({ code: 'malformed_frame' });
const parts = ['{"msg_id":"1"}', '{}', '{}', '{}'];

describe('a kernel frame from a client', () => {
  it('gives its channel, with any number of buffers', () => {
    const channels = fc.constantFrom('shell', 'control', 'stdin');
    fc.assert(
      fc.property(channels, fc.array(fc.uint8Array(), { maxLength: 5 }), (channel, buffers) => {
        expect(checkKernelFrame(buildFrame(channel, [...parts, ...buffers]))).toBe(channel);
      }),
    );
  });

  it('is refused for a channel only kernels write to', () => {
    for (const channel of ['iopub', 'hb', '', 'SHELL'])
      expect(() => checkKernelFrame(buildFrame(channel, parts))).toThrow(refused);
  });

  it('is refused when it lacks a part or has too many', () => {
    expect(() => checkKernelFrame(buildFrame('shell', parts.slice(1)))).toThrow(refused);
    expect(() =>
      checkKernelFrame(
        buildFrame(
          'shell',
          Array.from({ length: 2000 }, () => ''),
        ),
      ),
    ).toThrow(refused);
  });

  it('is refused, or understood, for any change of its offsets: never anything else', () => {
    const anyOffset = fc.oneof(
      fc.bigInt({ min: 0n, max: 200n }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    );
    fc.assert(
      fc.property(fc.nat({ max: 6 }), anyOffset, (index, value) => {
        const frame = buildFrame('shell', parts);
        frame.writeBigUInt64LE(value, 8 * index);
        try {
          expect(checkKernelFrame(frame)).toBe('shell');
        } catch (error) {
          expect(error).toMatchObject({ code: 'malformed_frame' });
        }
      }),
      { numRuns: 500 },
    );
  });

  it('of any bytes is refused or understood', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        expect(() => checkKernelFrame(bytes)).toThrow(refused);
      }),
    );
  });
});
