import { mkdtemp, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { sandboxIdSchema, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lyingIn } from './chunk-source.ts';
import { imageKeySchema } from './image-key.ts';
import type { LazyFile } from './lazy/served-file.ts';
import type { ImageFile } from './manifest.ts';
import type { SealingThreads } from './sealing-threads.ts';
import { type ServingPlace, serveLarge } from './serving-large.ts';
import { WorkingSets } from './working-set.ts';

const { chunkBytes } = limits.snapshots;
const count = limits.sandbox.backgroundBytesMin / chunkBytes;
const nameOf = (index: number) => index.toString(16).padStart(64, '0');
const pages: ImageFile = {
  kind: 'chunks',
  path: 'memory/pages.img',
  chunks: Array.from({ length: count }, (_, index) => ({ name: nameOf(index), bytes: chunkBytes })),
};
const key = imageKeySchema.parse(systemRandom.bytes(32));
const of = sandboxIdSchema.parse(`sbx-${'0'.repeat(20)}`);
const remoteOf = workspaceIdSchema.parse(`ws-${'0'.repeat(20)}`);

let directory: string;
let place: ServingPlace;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-serving-'));
  place = { sources: [lyingIn('/nowhere')], to: join(directory, 'image'), scratch: directory };
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function serving(fails: readonly string[] = []) {
  const fetched: string[] = [];
  const answeredFrom: string[] = [];
  const files: LazyFile[] = [];
  const workingSets = new WorkingSets();
  const threads: Pick<SealingThreads, 'answer'> = {
    answer: async (_of, { directory: from }) => void answeredFrom.push(from),
  };
  const parts = {
    ...{ workingSets, clock: new ManualClock(), random: systemRandom, log: silentLogger },
    threads: threads as SealingThreads,
    remote: {
      async chunk(_workspace: string, name: string) {
        fetched.push(name);
        if (fails.includes(name)) throw new Error('the store does not answer');
        return Buffer.from(name);
      },
    },
    lazy: {
      serve(file: LazyFile) {
        files.push(file);
        return { path: '/served', drop: () => undefined, released: Promise.resolve() };
      },
    },
  };
  const device = { fd: -1, lend: <T>(work: (fd: number) => Promise<T>) => work(-1) };
  const read = (chunk: number) =>
    files[0]?.answer({ firstChunk: chunk, lastChunk: chunk, reads: [] }, device, AbortSignal.timeout(5_000));
  return { parts, fetched, answeredFrom, files, workingSets, read };
}

test('what was sought last time is fetched before anybody asks for it, and read from there', async () => {
  const { parts, fetched, answeredFrom, read } = serving();
  const readFirst = [{ path: pages.path, chunks: [200, 3] }];
  const { end, whole } = await serveLarge(parts, { of, key, remoteOf }, { files: [pages], readFirst }, place);
  await expect.poll(() => fetched).toEqual([nameOf(200), nameOf(3)]);
  expect(whole).toEqual([]);
  expect(await readlink(join(place.to, pages.path))).toBe('/served');
  await read(3);
  await read(4);
  expect(answeredFrom).toEqual([join(directory, 'ahead'), '/nowhere']);
  await end();
});

test('what did not come ahead is asked for where it would have been', async () => {
  const { parts, fetched, answeredFrom, read } = serving([nameOf(7)]);
  const readFirst = [{ path: pages.path, chunks: [7] }];
  const { end } = await serveLarge(parts, { of, key, remoteOf }, { files: [pages], readFirst }, place);
  await expect.poll(() => fetched).toEqual([nameOf(7)]);
  await read(7);
  expect(answeredFrom).toEqual(['/nowhere']);
  await end();
});

test('of an image that lies here, or that is whole before it runs, nothing is fetched', async () => {
  const { parts, fetched } = serving();
  const small: ImageFile = { ...pages, chunks: pages.chunks.slice(1) };
  const readFirst = [{ path: pages.path, chunks: [200] }];
  const ends = [
    await serveLarge(parts, { of, key }, { files: [pages], readFirst }, place),
    await serveLarge(
      parts,
      { of, key, remoteOf },
      { files: [small], readFirst },
      { ...place, to: join(directory, 'small') },
    ),
  ];
  await Promise.all(ends.map(({ end }) => end()));
  expect(fetched).toEqual([]);
});

test('what is sought this time is in the next manifest of the same workspace, where it has moved to', async () => {
  const { parts, files, workingSets } = serving();
  const { end } = await serveLarge(parts, { of, key }, { files: [pages], readFirst: [] }, place);
  files[0]?.sought([count - 1, 2]);
  files[0]?.sought([]);
  await end();
  const grown: ImageFile = { ...pages, chunks: [...pages.chunks, { name: nameOf(999), bytes: chunkBytes }] };
  expect(workingSets.of(key, [grown])).toEqual([{ path: pages.path, chunks: [count, 2] }]);
  expect(workingSets.of(imageKeySchema.parse(systemRandom.bytes(32)), [grown])).toEqual([]);
});
