import { limits } from '@cellbook/shared/limits.ts';
import { expect, test } from 'vitest';
import { Waiting } from './waiting.ts';

test('what waits counts as the bytes it leaves as; beyond a status or two its client is slow', () => {
  const waiting = new Waiting();
  const characters = Math.floor(limits.parking.queuedBytesMax / 3);
  waiting.add('漢'.repeat(characters), { binary: false }, undefined);
  expect(waiting.bufferedAmount).toBe(3 * characters);
  waiting.add(new Uint8Array(2), { binary: true }, undefined);
  expect(waiting.bufferedAmount).toBe(Number.MAX_SAFE_INTEGER);
});
