import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { untilClosed } from './until-closed.ts';

test('gives what the work gives or throws, and leaves nothing on the signal', async () => {
  const { signal } = new AbortController();
  expect(await untilClosed(Promise.resolve(7), signal)).toBe(7);
  await expect(untilClosed(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('ends with the signal, before it and during the work', async () => {
  const closing = new AbortController();
  const never = new Promise<never>(() => {});
  const waiting = untilClosed(never, closing.signal);
  closing.abort(new Error('closed'));
  await expect(waiting).rejects.toThrow('closed');
  await expect(untilClosed(never, closing.signal)).rejects.toThrow('closed');
  expect(getEventListeners(closing.signal, 'abort')).toEqual([]);
});
