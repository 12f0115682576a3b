import { expect, test } from 'vitest';
import { sizeOf } from './frame.ts';

const window = 64 * 1024;

test.each([
  ['nothing', ''],
  ['English', 'x'.repeat(3 * window + 1)],
  ['French', 'é'.repeat(window)],
  ['Chinese', '漢字'.repeat(window)],
  ['a pair where the window ends', `${'x'.repeat(window - 1)}😀${'y'.repeat(window)}`],
  ['pairs alone', '😀'.repeat(window)],
  ['half a pair, last', `${'x'.repeat(window - 1)}\ud83d`],
])('a text is as many bytes as it leaves as: %s', (_name, text) => {
  expect(sizeOf(text)).toBe(new TextEncoder().encode(text).byteLength);
});

test('binary frames are as long as they are', () => {
  expect(sizeOf(new ArrayBuffer(7))).toBe(7);
});
