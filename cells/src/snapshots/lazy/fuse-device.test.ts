import { closeSync, openSync } from 'node:fs';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { say } from './fuse-answer.ts';
import { OpenDevice } from './fuse-device.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-device-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('what is said late goes nowhere, also where its number is somebody else’s by then', async () => {
  const handle = await open(join(directory, 'device'), 'w');
  const number = handle.fd;
  const device = new OpenDevice(handle);
  say(device, 1n, [Buffer.from('in time')]);
  await device.close();
  const taken: number[] = [];
  while (!taken.includes(number) && taken.length < 100) taken.push(openSync(join(directory, 'other'), 'a'));
  expect(taken).toContain(number);
  say(device, 2n, [Buffer.from('late')]);
  for (const one of taken) closeSync(one);
  expect(await readFile(join(directory, 'other'), 'utf8')).toBe('');
  expect(await readFile(join(directory, 'device'), 'utf8')).toContain('in time');
});

test('what is lent stays open until it is given back; then it is lent no more', async () => {
  const handle = await open(join(directory, 'device'), 'w');
  const device = new OpenDevice(handle);
  const work = Promise.withResolvers<string>();
  const lent = device.lend(() => work.promise);
  let isClosed = false;
  const closing = device.close().then(() => {
    isClosed = true;
  });
  expect(device.fd).toBe(-1);
  await handle.stat();
  expect(isClosed).toBe(false);
  await expect(device.lend(async () => undefined)).rejects.toThrow('closed');
  work.resolve('answered');
  expect(await lent).toBe('answered');
  await closing;
  expect(handle.fd).toBe(-1);
});
