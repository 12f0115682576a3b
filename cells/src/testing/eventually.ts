import { expect } from 'vitest';

/** Waits for a condition, patiently: the machine that runs the tests may be busy with all of them. */
export const eventually = <Value>(read: () => Value | Promise<Value>) =>
  expect.poll(read, { timeout: 25_000, interval: 20 });
