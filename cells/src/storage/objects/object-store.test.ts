import { chmod, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { seededRandom, systemRandom } from '@cellbook/shared/random.ts';
import S3rver from 's3rver';
import { expect, test } from 'vitest';
import { createDirectoryObjectStore } from './directory-object-store.ts';
import { createMemoryObjectStore } from './memory-object-store.ts';
import { describeObjectStore } from './object-store.conformance.ts';
import type { ObjectStore } from './object-store.ts';
import { openObjectStore, parseS3Location } from './open-object-store.ts';
import { createRetryingObjectStore } from './retrying-object-store.ts';
import { createS3ObjectStore } from './s3-object-store.ts';
import { sweepIncoming } from './sweep-incoming.ts';

describeObjectStore('memory', async () => ({ store: createMemoryObjectStore(), close: async () => {} }));

describeObjectStore('a directory', async () => {
  const root = await mkdtemp(join(tmpdir(), 'objects-'));
  const store = createDirectoryObjectStore(join(root, 'deep', 'er'), systemRandom);
  return { store, close: () => rm(root, { recursive: true, force: true }) };
});

describeObjectStore('S3', async () => {
  const directory = await mkdtemp(join(tmpdir(), 's3-'));
  const configureBuckets = [{ name: 'cells', configs: [] }];
  const server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets });
  const { port } = await server.run();
  const keys = 'accessKeyId=S3RVER&secretAccessKey=S3RVER';
  const url = `s3://cells/eu-1?endpoint=http://127.0.0.1:${port}&pathStyle=true&${keys}`;
  return {
    store: createS3ObjectStore(parseS3Location(new URL(url))),
    async close() {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
});

test('a directory store leaves no half-written object behind when the folder cannot be written', async () => {
  const root = await mkdtemp(join(tmpdir(), 'objects-'));
  const store = createDirectoryObjectStore(root, systemRandom);
  await store.put('chunks/ab00', Buffer.from('x'));
  await rm(join(root, 'chunks'), { recursive: true });
  await expect(store.get('chunks/ab00')).resolves.toBeNull();
  await store.put('chunks/ab00', Buffer.from('y'));
  expect(await readdir(join(root, '.incoming'))).toEqual([]);
  await chmod(root, 0o700);
  await rm(root, { recursive: true });
});

test('what a killed process had half written is removed when it is old, by several at once, and nothing else', async () => {
  const root = await mkdtemp(join(tmpdir(), 'objects-'));
  const incoming = join(root, '.incoming');
  const clock = new ManualClock();
  const tools = { clock, log: silentLogger };
  const url = pathToFileURL(root).href;
  await sweepIncoming(url, tools);
  await createDirectoryObjectStore(root, systemRandom).put('chunks/ab00', Buffer.from('x'));
  const ageOf = async (name: string, ageMs: number) => {
    await writeFile(join(incoming, name), 'half');
    const atS = (clock.nowMs() - ageMs) / 1_000;
    await utimes(join(incoming, name), atS, atS);
  };
  for (const name of ['a', 'b', 'c']) await ageOf(name, limits.storage.incomingTtlMs + 1_000);
  await ageOf('being written', limits.storage.incomingTtlMs - 1_000);
  await Promise.all([sweepIncoming(url, tools), sweepIncoming(url, tools), sweepIncoming(url, tools)]);
  expect(await readdir(incoming)).toEqual(['being written']);
  expect(await readdir(join(root, 'chunks', 'ab.d'))).toEqual(['ab00']);
  await sweepIncoming('s3://bucket/prefix', tools);
  await rm(root, { recursive: true });
});

function failing(times: number): ObjectStore & { calls: number } {
  const memory = createMemoryObjectStore();
  const store = {
    ...memory,
    calls: 0,
    async put(key: string, bytes: Uint8Array) {
      if (store.calls++ < times) throw new Error('connection refused');
      await memory.put(key, bytes);
    },
  };
  return store;
}

async function drive<T>(clock: ManualClock, work: Promise<T>): Promise<T> {
  work.catch(() => {});
  for (let round = 0; round < 100; round++) await clock.advance(1_000);
  return work;
}

test('a store that fails twice is asked a third time', async () => {
  const clock = new ManualClock();
  const inner = failing(2);
  const store = createRetryingObjectStore(inner, { clock, random: seededRandom(1) });
  await drive(clock, store.put('a', Buffer.from('x')));
  expect(inner.calls).toBe(3);
});

test('a store that goes on failing is a typed error that says nothing was lost', async () => {
  const clock = new ManualClock();
  const store = createRetryingObjectStore(failing(99), { clock, random: seededRandom(1) });
  await expect(drive(clock, store.put('a', Buffer.from('x')))).rejects.toMatchObject({
    code: 'store_unavailable',
    status: 503,
    next: expect.stringContaining('Nothing was lost'),
  });
});

test('a store that never answers is a typed error when its deadline has passed', async () => {
  const clock = new ManualClock();
  const hung = { ...createMemoryObjectStore(), get: () => new Promise<null>(() => {}) };
  const store = createRetryingObjectStore(hung, { clock, random: seededRandom(1) });
  await expect(drive(clock, store.get('a'))).rejects.toMatchObject({ code: 'store_unavailable' });
});

test('a listing that stops half-way is a typed error when its deadline has passed, and its request ends', async () => {
  const clock = new ManualClock();
  let ended: AbortSignal | undefined;
  async function* hanging(_prefix: string, signal?: AbortSignal) {
    ended = signal;
    yield 'a';
    await new Promise(() => {});
  }
  const store = createRetryingObjectStore(
    { ...createMemoryObjectStore(), list: hanging },
    { clock, random: seededRandom(1) },
  );
  const seen: string[] = [];
  const listing = async () => {
    for await (const key of store.list('')) seen.push(key);
  };
  await expect(drive(clock, listing())).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(seen).toEqual(['a']);
  expect(ended?.aborted).toBe(true);
});

test('a listing that fails is a typed error, and one that is given up ends as what it was given up for', async () => {
  const tools = { clock: new ManualClock(), random: seededRandom(1) };
  async function* refusing() {
    yield 'a';
    throw new Error('ECONNRESET');
  }
  const listAll = async (list: ObjectStore['list'], signal?: AbortSignal) => {
    const store = createRetryingObjectStore({ ...createMemoryObjectStore(), list }, tools);
    for await (const _key of store.list('', signal));
  };
  await expect(listAll(refusing)).rejects.toMatchObject({ code: 'store_unavailable' });
  await expect(listAll(refusing, AbortSignal.abort(new Error('given up')))).rejects.toThrow('given up');
});

test.each(['', 'objects', 'http://x/', 'ftp:/x'])('refuses %j as a store', (url) => {
  const tools = { clock: new ManualClock(), random: systemRandom };
  expect(() => openObjectStore(url, tools)).toThrow('opening the object store');
});
