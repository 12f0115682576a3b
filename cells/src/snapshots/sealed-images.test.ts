import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock, systemClock } from '@cellbook/shared/clock.ts';
import { newSandboxId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { createMetrics, type Metrics } from '@cellbook/shared/metrics.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { digestOf } from '../host/wire/digest.ts';
import { createMemoryObjectStore } from '../storage/objects/memory-object-store.ts';
import { imageKeySchema } from './image-key.ts';
import type { KeptImage } from './image-shelf.ts';
import { LazyFiles } from './lazy/lazy-files.ts';
import { RemoteImages } from './remote-images.ts';
import { Scratch } from './scratch.ts';
import { SealedImages, type SealedImagesParts } from './sealed-images.ts';
import { createSealingThreads, type SealingThreads } from './sealing-threads.ts';

const fingerprint = { runtime: 'runsc 1', platform: 'systrap', cpuFeatures: 'abc', imageDigest: 'def' };
const planted = 'sk-planted-3c1f5e0a9b7d';
const { chunkBytes, pieceBytes, inlineBytesMax } = limits.snapshots;
const signal = new AbortController().signal;

let directory: string;
let images: SealedImages;
const threads = createSealingThreads(systemClock);
const sealed = () => join(directory, 'images');
const open = (parts: Partial<SealedImagesParts> = {}) =>
  SealedImages.open({
    directory: sealed(),
    scratch: new Scratch(join(directory, 'scratch')),
    threads,
    remote,
    random: systemRandom,
    clock: systemClock,
    log: silentLogger,
    lazy: null,
    metrics: createMetrics(),
    ...parts,
  });
const objects = createMemoryObjectStore();
const remote = new RemoteImages(objects);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-sealed-'));
  await mkdir(join(directory, 'scratch'));
  images = await open();
});
afterAll(async () => {
  await threads.close();
  await rm(directory, { recursive: true, force: true });
});

const draw = (): KeptImage => {
  return { of: newSandboxId(systemRandom), key: imageKeySchema.parse(systemRandom.bytes(32)) };
};

/** Small and large, at and around the edges, alike and unlike; a credential in each that can hold one. */
const contents = (): Record<string, Buffer> => ({
  'snapshot.json': Buffer.from(JSON.stringify({ planted })),
  'supervisor/main.py': Buffer.alloc(0),
  'supervisor/deep/other.py': Buffer.from('x = 1\n'),
  'memory/edge': randomBytes(inlineBytesMax),
  'memory/over': randomBytes(inlineBytesMax + 1),
  'memory/pages.img': Buffer.concat([
    Buffer.from(planted.repeat(1000)),
    randomBytes(pieceBytes + chunkBytes / 2),
    Buffer.alloc(3 * chunkBytes, planted),
  ]),
});

async function write(image: KeptImage, files: Record<string, Buffer>): Promise<void> {
  await images.write(image, async (made) => {
    for (const [path, bytes] of Object.entries(files)) {
      await mkdir(join(made, path, '..'), { recursive: true });
      await writeFile(join(made, path), bytes);
    }
    return { bytes: 1, fingerprint };
  });
}

async function readAll(from: string): Promise<Record<string, Buffer>> {
  const entries = await readdir(from, { withFileTypes: true, recursive: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const all = files.map(async (file): Promise<[string, Buffer]> => {
    return [file.slice(from.length + 1), await readFile(file)];
  });
  return Object.fromEntries(await Promise.all(all));
}

/** Digests: a runner compares large buffers byte by byte, in seconds. */
const digests = (files: Record<string, Buffer>) =>
  Object.fromEntries(Object.entries(files).map(([path, bytes]) => [path, digestOf(bytes)]));
const read = (image: KeptImage) => images.read(image, async (from) => digests(await readAll(from)), signal);
const patiently = { timeout: 30_000 };
/** Nobody waits for it, so it is waited for here. */
const nothingInTheClear = () => expect.poll(() => readdir(join(directory, 'scratch')), patiently).toEqual([]);
const chunksOf = async ({ of }: KeptImage) =>
  (await readdir(join(sealed(), of))).filter((name) => /^[0-9a-f]{64}$/.test(name));

test('an image comes back byte for byte, any number of times, and nothing of it stays in the clear', async () => {
  const image = draw();
  const files = contents();
  await write(image, files);
  for (const _ of [1, 2]) expect(await read(image)).toEqual(digests(files));
  await nothingInTheClear();
  const kept = Object.entries(await readAll(sealed()));
  expect(kept.length).toBeGreaterThan(5);
  for (const [path, bytes] of kept) expect(`${path} ${bytes.includes('planted')}`).toBe(`${path} false`);
});

test('what was written is told again to whoever asks anew, unless a piece of it is missing or the key is another', async () => {
  const image = draw();
  expect(await images.stored(image, signal)).toBeNull();
  await write(image, contents());
  expect(await images.stored(image, signal)).toEqual({ bytes: 1, fingerprint });
  expect(await images.stored({ ...draw(), of: image.of }, signal)).toBeNull();
  const [piece = ''] = await chunksOf(image);
  await rm(join(sealed(), image.of, piece));
  expect(await images.stored(image, signal)).toBeNull();
});

test('what is alike is kept once; as it is on the host, and small in the object store', async () => {
  const workspaceId = newWorkspaceId(systemRandom);
  const image = draw();
  await write(image, { 'memory/pages.img': Buffer.alloc(20 * chunkBytes, 'alike 12') });
  const [chunk, ...others] = await chunksOf(image);
  expect(others).toEqual([]);
  expect((await stat(join(sealed(), image.of, chunk!))).size).toBeGreaterThan(chunkBytes);
  const { chunksSent, bytesSent } = await images.send(workspaceId, image, signal);
  expect(chunksSent).toBe(1);
  expect(bytesSent).toBeLessThan(chunkBytes / 100);
});

test('the same content has another name under another key', async () => {
  const [one, other] = [draw(), draw()];
  const files = { 'memory/pages.img': Buffer.alloc(chunkBytes, 7) };
  await write(one, files);
  await write(other, files);
  expect(await chunksOf(one)).not.toEqual(await chunksOf(other));
});

test('without its key, or under another sandbox’s name, an image does not open', async () => {
  const image = draw();
  await write(image, contents());
  const { key } = draw();
  await expect(read({ ...image, key })).rejects.toMatchObject({ code: 'sandbox_unavailable' });
  const moved = { ...image, of: draw().of };
  await rename(join(sealed(), image.of), join(sealed(), moved.of));
  await expect(read(moved)).rejects.toThrow(/does not open/);
  await nothingInTheClear();
});

test('a chunk that is damaged, missing or another’s is noticed, and said', async () => {
  const image = draw();
  await write(image, contents());
  const [one, other] = await chunksOf(image);
  const path = join(sealed(), image.of, one!);
  const whole = await readFile(path);

  for (const at of [0, 5, 100, whole.length - 1]) {
    const damaged = Buffer.from(whole);
    damaged[at]! ^= 1;
    await writeFile(path, damaged);
    await expect(read(image)).rejects.toThrow(/damaged/);
  }
  await writeFile(path, whole.subarray(0, 20));
  await expect(read(image)).rejects.toThrow(/damaged/);
  await writeFile(path, await readFile(join(sealed(), image.of, other!)));
  await expect(read(image)).rejects.toThrow(/damaged/);
  await rm(path);
  await expect(read(image)).rejects.toThrow(/missing/);
  await writeFile(path, whole);
  await read(image);
});

test('one that cannot be made leaves nothing, and one that is removed is gone', async () => {
  const image = draw();
  const before = await images.list();
  await expect(
    images.write(image, async (made) => {
      await mkdir(made);
      await writeFile(join(made, 'half'), planted);
      throw new Error('the sandbox ended');
    }),
  ).rejects.toThrow('the sandbox ended');
  expect(await images.list()).toEqual(before);
  await nothingInTheClear();
  await write(image, contents());
  await images.remove(image.of);
  await images.remove(image.of);
  expect(await images.list()).toEqual(before);
  await expect(read(image)).rejects.toThrow(/no whole image/);
});

test('a host that starts removes what was cut short, and what an older version left in the clear', async () => {
  const image = draw();
  await write(image, contents());
  const [clear, draft] = [newSandboxId(systemRandom), newSandboxId(systemRandom)];
  for (const left of [clear, `${draft}.draft`, `${draft}.leaving`]) {
    await mkdir(join(sealed(), left, 'memory'), { recursive: true });
    await writeFile(join(sealed(), left, 'memory', 'pages.img'), planted);
  }
  images = await open();
  expect(await readdir(sealed())).toContain(image.of);
  for (const left of [clear, `${draft}.draft`, `${draft}.leaving`])
    expect(await readdir(sealed())).not.toContain(left);
  expect(Object.keys(await read(image))).toContain('snapshot.json');
});

test('a copy in the object store comes back where the image never was, and nothing of it is in the clear', async () => {
  const workspaceId = newWorkspaceId(systemRandom);
  const image = draw();
  const files = contents();
  await write(image, files);
  const sent = await images.send(workspaceId, image, signal);
  expect(sent).toMatchObject({ chunks: (await chunksOf(image)).length, chunksSent: sent.chunks });
  await images.remove(image.of);
  expect(await read({ ...image, remoteOf: workspaceId })).toEqual(digests(files));
  await nothingInTheClear();
  for await (const key of objects.list('')) expect(key + (await objects.get(key))).not.toContain('planted');

  await remote.remove(workspaceId);
  await remote.remove(workspaceId);
  for await (const key of objects.list(`snapshots/${workspaceId}`)) expect(key).toBe('gone');
  await expect(read({ ...image, remoteOf: workspaceId })).rejects.toThrow(/no whole image/);
});

test('the next image sends what has changed, and what only the last one had goes', async () => {
  const workspaceId = newWorkspaceId(systemRandom);
  const [first, second] = [draw(), draw()];
  const key = first.key;
  const alike = randomBytes(5 * chunkBytes);
  const pages = () => ({ 'memory/pages.img': Buffer.concat([alike, randomBytes(chunkBytes)]) });
  const changed = pages();
  await write(first, pages());
  await write({ ...second, key }, changed);
  expect(await images.send(workspaceId, first, signal)).toMatchObject({ chunks: 6, chunksSent: 6 });
  expect(await images.send(workspaceId, { ...second, key }, signal)).toMatchObject({
    chunks: 6,
    chunksSent: 1,
  });
  expect(await images.send(workspaceId, { ...second, key }, signal)).toMatchObject({
    chunksSent: 0,
    bytesSent: 0,
  });
  const left = [];
  for await (const stored of objects.list(`snapshots/${workspaceId}/`)) left.push(stored);
  expect(left).toHaveLength(7);
  await expect(read({ ...first, remoteOf: workspaceId })).rejects.toThrow(/no whole image/);
  expect(await read({ of: second.of, key, remoteOf: workspaceId })).toEqual(digests(changed));
});

test('a copy that is damaged or in part gone does not come back, and says so', async () => {
  const workspaceId = newWorkspaceId(systemRandom);
  const image = draw();
  await write(image, contents());
  await images.send(workspaceId, image, signal);
  const [one] = await chunksOf(image);
  const key = `snapshots/${workspaceId}/chunks/${one}`;
  const whole = await objects.get(key);
  const damaged = Buffer.from(whole!);
  damaged[50]! ^= 1;
  await objects.delete(key);
  await expect(read({ ...image, remoteOf: workspaceId })).rejects.toThrow(/missing in the object store/);
  await objects.put(key, damaged);
  await expect(read({ ...image, remoteOf: workspaceId })).rejects.toThrow(/damaged/);
  await nothingInTheClear();
  await expect(images.send(workspaceId, draw(), signal)).rejects.toThrow(/no whole image/);
});

test.runIf(existsSync('/dev/fuse'))(
  'what cannot be removed after a read is said; where files are served no more, they are put together',
  async () => {
    const image = draw();
    const files = { 'memory/pages.img': randomBytes(limits.snapshots.lazyBytesMin + 1) };
    await write(image, files);
    const workspaceId = newWorkspaceId(systemRandom);
    await images.send(workspaceId, image, signal);
    const there = { ...image, remoteOf: workspaceId };
    const lazy = await LazyFiles.mount(join(directory, 'pages'), { log: silentLogger, clock: systemClock });
    const scratch = new Scratch(join(directory, 'scratch'));
    const said: unknown[] = [];
    const log = { warn: (fields: unknown) => said.push(fields) };
    const failing = { next: false };
    const opening: SealingThreads['open'] = async (asker, piece) => {
      const fails = failing.next;
      failing.next = false;
      if (fails) throw new Error('the disk is full');
      return threads.open(asker, piece);
    };
    const own = await open({ lazy, scratch, log, threads: { ...threads, open: opening } });
    const make = scratch.make.bind(scratch);
    scratch.make = async () => {
      const { directory: made, remove } = await make();
      return {
        directory: made,
        remove: () => remove().then(() => Promise.reject(new Error('it stays busy'))),
      };
    };
    const isLink = (from: string) => lstat(join(from, 'memory/pages.img')).then((at) => at.isSymbolicLink());
    expect(await own.read(there, isLink, signal)).toBe(true);
    await expect.poll(() => said).toMatchObject([{ err: { message: 'it stays busy' } }]);
    scratch.make = make;
    // Here, and small enough, it is opened whole, where there is room, and where that works.
    expect(await own.read(image, isLink, signal)).toBe(false);
    const freeBytes = scratch.freeBytes.bind(scratch);
    scratch.freeBytes = async () => limits.snapshots.wholeBytesMax;
    expect(await own.read(image, isLink, signal)).toBe(true);
    scratch.freeBytes = freeBytes;
    failing.next = true;
    expect(await own.read(image, isLink, signal)).toBe(true);
    await lazy?.close();
    expect(await own.read(there, isLink, signal)).toBe(false);
    expect(await own.read(there, async (from) => digests(await readAll(from)), signal)).toEqual(
      digests(files),
    );
    await own.remove(image.of);
    expect(await own.list()).not.toContain(image.of);
    // When nobody reads it any more.
    await expect.poll(() => readdir(sealed()), patiently).not.toContain(image.of);
  },
);

/** How often an image's pieces are opened. */
const counting = () => {
  const counts = { opened: 0 };
  const open: SealingThreads['open'] = (asker, piece) => {
    counts.opened += 1;
    return threads.open(asker, piece);
  };
  return { counts, threads: { ...threads, open } };
};

/** What has come of those that were opened ahead. */
async function endsOf(metrics: Metrics): Promise<Record<string, number>> {
  const lines = (await metrics.render()).body.matchAll(
    /^cellbook_host_images_opened_ahead_total\{outcome="(\w+)"\} (\d+)$/gm,
  );
  return Object.fromEntries([...lines].map(([, outcome = '', count]) => [outcome, Number(count)]));
}

test('one that is opened ahead is there for the read that follows, once, and only for its key', async () => {
  const { counts, threads: counted } = counting();
  const metrics = createMetrics();
  const own = await open({ threads: counted, metrics });
  const image = draw();
  const files = contents();
  await write(image, files);
  own.openAhead(image);
  own.openAhead(image);
  await expect(own.read({ ...image, key: draw().key }, readAll, signal)).rejects.toThrow(/does not open/);
  const readWhole = async (from: string) => digests(await readAll(from));
  expect(await own.read(image, readWhole, signal)).toEqual(digests(files));
  const once = counts.opened;
  expect(await own.read(image, readWhole, signal)).toEqual(digests(files));
  expect(counts.opened).toBe(2 * once);
  expect(await endsOf(metrics)).toEqual({ taken: 1 });
  await nothingInTheClear();
});

test('one that was opened ahead goes when nobody wants it, when it is removed and when the host ends', async () => {
  const clock = new ManualClock();
  const metrics = createMetrics();
  const own = await open({ clock, metrics });
  const [unwanted, removed, left] = [draw(), draw(), draw()];
  for (const image of [unwanted, removed, left]) await write(image, contents());
  own.openAhead(unwanted);
  await expect.poll(() => readdir(join(directory, 'scratch')), patiently).toHaveLength(1);
  await clock.advance(limits.snapshots.aheadMs);
  await nothingInTheClear();

  own.openAhead(removed);
  await own.remove(removed.of);
  await clock.advance(limits.snapshots.aheadMs);
  await expect.poll(() => readdir(sealed()), patiently).not.toContain(removed.of);
  await nothingInTheClear();
  expect(await endsOf(metrics)).toEqual({ expired: 1, unwanted: 1 });

  const scratch = new Scratch(join(directory, 'another'));
  await mkdir(join(directory, 'another'));
  const ending = await open({ clock, scratch, threads: createSealingThreads(systemClock) });
  ending.openAhead(left);
  await ending.close();
  expect(await readdir(directory)).not.toContain('another');
  ending.openAhead(left);
});

test('what was read is given back a while later, sooner where another is opened or the host ends', async () => {
  const clock = new ManualClock();
  const own = await open({ clock });
  const inTheClear = () => readdir(join(directory, 'scratch'));
  const image = draw();
  await write(image, contents());
  for (const next of [
    () => clock.advance(limits.snapshots.giveBackMs),
    () => own.read({ ...image, key: draw().key }, readAll, signal).catch(() => undefined),
  ]) {
    await own.read(image, readAll, signal);
    await clock.advance(limits.snapshots.giveBackMs - 1);
    expect(await inTheClear()).toHaveLength(1);
    await own.remove(image.of);
    expect(await own.list()).not.toContain(image.of);
    expect(await readdir(sealed())).toContain(image.of);
    await next();
    await nothingInTheClear();
    await expect.poll(() => readdir(sealed()), patiently).not.toContain(image.of);
    await write(image, contents());
  }
  const failing = () => Promise.reject(new Error('it does not restore'));
  await expect(own.read(image, failing, signal)).rejects.toThrow('it does not restore');
  await nothingInTheClear();

  const scratch = new Scratch(join(directory, 'ending'));
  await mkdir(join(directory, 'ending'));
  const ending = await open({ clock, scratch, threads: createSealingThreads(systemClock) });
  await ending.read(image, readAll, signal);
  await ending.close();
  expect(await readdir(directory)).not.toContain('ending');
});

test('an opening ahead that is waited for in vain stops when the wait does, and the read with it', async () => {
  const stuck = Promise.withResolvers<void>();
  const metrics = createMetrics();
  const own = await open({ threads: { ...threads, open: () => stuck.promise }, metrics });
  const image = draw();
  await write(image, contents());
  own.openAhead(image);
  const over = new AbortController();
  const reading = own.read(image, readAll, over.signal);
  over.abort(new Error('its time is over'));
  stuck.resolve();
  await expect(reading).rejects.toThrow('its time is over');
  expect(await endsOf(metrics)).toEqual({ unwanted: 1 });
  await nothingInTheClear();
});

test('no more are opened ahead than there is room for, and which did not open is told', async () => {
  const { aheadMax } = limits.snapshots;
  const metrics = createMetrics();
  const own = await open({ metrics });
  const there = Array.from({ length: aheadMax }, draw);
  for (const image of there) await write(image, { small: Buffer.from('small') });
  for (const image of [...there, draw(), draw()]) own.openAhead(image);
  for (const { of } of there) await own.remove(of);
  await expect.poll(() => endsOf(metrics), patiently).toEqual({ refused: 2, unwanted: aheadMax });
  own.openAhead(draw());
  await expect.poll(() => endsOf(metrics), patiently).toMatchObject({ failed: 1 });
  await nothingInTheClear();
});
