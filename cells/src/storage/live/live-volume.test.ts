import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdir,
  mkdtemp,
  open,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { hostIdSchema, newWorkspaceId, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, expect, test } from 'vitest';
import { LoopHomes } from '../../sandbox/quota/loop-homes.ts';
import type { FileTree } from '../file-tree.ts';
import { createMemoryObjectStore } from '../objects/memory-object-store.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { startTestHost, type TestHost } from '../test-volumes.ts';

const { signal } = new AbortController();
const there = hostIdSchema.parse('eu-1-b');
let objects: ObjectStore & { failing: boolean; puts: number };
let host: TestHost;
let elsewhere: TestHost;
let id: WorkspaceId;

function flakyStore() {
  const memory = createMemoryObjectStore();
  const store = {
    ...memory,
    failing: false,
    puts: 0,
    async put(key: string, bytes: Uint8Array) {
      store.puts++;
      if (store.failing)
        throw new CellbookError('store_unavailable', { doing: 'storing', problem: 'the test says so' });
      await memory.put(key, bytes);
    },
  };
  return store;
}

async function start(syncIntervalMs?: number): Promise<{ directory: string; tree: FileTree }> {
  objects = flakyStore();
  host = await startTestHost({ objects, ...(syncIntervalMs === undefined ? {} : { syncIntervalMs }) });
  elsewhere = await startTestHost({ objects, manifests: host.parts.manifests, host: there });
  id = newWorkspaceId(systemRandom);
  await host.volumes.create(id);
  const { directory } = await host.volumes.attach(id, 1, signal);
  return { directory, tree: await host.volumes.files(id) };
}
afterEach(async () => {
  await host.close();
  await elsewhere.close();
});

const sync = () => host.volumes.sync(id, signal);
const stored = async (...path: string[]) => (await (await elsewhere.volumes.files(id)).read(path)).toString();
const storedNames = async () =>
  (await (await elsewhere.volumes.files(id)).list([])).map(({ name }) => name).sort();

test('a home that its host can only read refuses by a code that says what to do, and to do so mends it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'cellbook-read-only-'));
  const homes = new LoopHomes(directory);
  await start();
  await host.close();
  host = await startTestHost({ objects, manifests: elsewhere.parts.manifests, homes, diskBytesMax: 1 << 25 });
  await host.volumes.attach(id, 2, signal);
  const tree = await host.volumes.files(id);
  try {
    await tree.write(['saved.txt'], Buffer.from('acknowledged'));
    execFileSync('mount', ['-o', 'remount,ro', homes.directoryOf(id)]);
    const next = expect.stringContaining('suspend the workspace and resume it');
    const refused = { code: 'store_unavailable', next };
    await expect(tree.write(['saved.txt'], Buffer.from('refused'))).rejects.toMatchObject(refused);
    await expect(tree.remove(['saved.txt'])).rejects.toMatchObject(refused);
    await host.volumes.flush(id, 2, signal);
    await host.volumes.detach(id, 2);
    await host.volumes.attach(id, 3, signal);
    expect((await tree.read(['saved.txt'])).toString()).toBe('acknowledged');
    await tree.write(['saved.txt'], Buffer.from('saved again'));
  } finally {
    await host.volumes.destroy(id);
    await rm(directory, { recursive: true, force: true });
  }
});

test('the host’s directory gone in the middle of a write by code: what a round had seen is kept', async () => {
  const { directory, tree } = await start(50);
  const code = spawn(
    'sh',
    ['-c', `i=0; while echo line $i >> ${directory}/log; do i=$((i+1)); sleep 0.005; done`],
    {
      stdio: 'ignore',
    },
  );
  const exited = once(code, 'exit');
  await tree.write(['saved.txt'], Buffer.from('acknowledged'));
  await expect.poll(() => stored('log').catch(() => ''), { timeout: 10_000 }).toContain('line 20\n');
  const seen = await stored('log');
  // At once, as a disk goes: file by file it would be a user's own deletes, which are to be stored.
  const gone = `${host.hostDirectory}.gone`;
  await rename(host.hostDirectory, gone);
  await exited;
  await rm(gone, { recursive: true, force: true, maxRetries: 5 });
  const { directory: again } = await elsewhere.volumes.attach(id, 2, signal);
  expect(await readFile(join(again, 'saved.txt'), 'utf8')).toBe('acknowledged');
  expect((await readFile(join(again, 'log'), 'utf8')).startsWith(seen)).toBe(true);
});

test('a store that is away refuses saves with a typed error; when it is back nothing is missing', async () => {
  const { directory, tree } = await start(20);
  objects.failing = true;
  await writeFile(join(directory, 'by code'), 'kept');
  const body = Buffer.from('x'.repeat(3_000));
  await expect(tree.write(['saved.txt'], body)).rejects.toMatchObject({ code: 'store_unavailable' });
  const puts = objects.puts;
  await expect.poll(() => objects.puts, { timeout: 10_000 }).toBeGreaterThan(puts + 1);
  objects.failing = false;
  await expect.poll(() => storedNames(), { timeout: 20_000 }).toEqual(['by code']);
  await tree.write(['saved.txt'], body);
  expect(await stored('saved.txt')).toBe(body.toString());
});

test('an unchanged tree costs no reading, no storing and no version', async () => {
  const { directory } = await start();
  for (let at = 0; at < 20; at++) await writeFile(join(directory, `f${at}`), 'x'.repeat(2_000));
  await sync();
  await expect
    .poll(async () => {
      const { puts } = objects;
      const before = await host.parts.manifests.read(id);
      await sync();
      const after = await host.parts.manifests.read(id);
      return objects.puts === puts && before?.version === after?.version;
    })
    .toBe(true);
});

test('a change in a large file stores that chunk alone', async () => {
  const { directory } = await start();
  const path = join(directory, 'big.bin');
  await writeFile(path, systemRandom.bytes(65_536));
  await truncate(path, 0);
  const file = await open(path, 'w');
  for (let at = 0; at < 20; at++) await file.write(Buffer.alloc(1_048_576, at + 1));
  await file.sync();
  await sync();
  const { puts } = objects;
  await file.write(Buffer.from('changed'), 0, 7, 7 * 1_048_576);
  await file.close();
  await sync();
  // The chunk, and the directory objects on the path.
  expect(objects.puts - puts).toBeLessThanOrEqual(3);
  expect((await stored('big.bin')).slice(7 * 1_048_576).startsWith('changed')).toBe(true);
});

test('a large file is captured behind the small ones, and a flush waits for it', async () => {
  const { directory } = await start();
  const large = await open(join(directory, 'large.bin'), 'w');
  for (let at = 0; at < 70; at++) await large.write(Buffer.alloc(1_048_576, at + 1));
  await large.close();
  await writeFile(join(directory, 'small.txt'), 'x');
  const inner = objects.put;
  const gate = Promise.withResolvers<void>();
  objects.put = async (key, bytes) => {
    if (bytes.length === 1_048_576) await gate.promise;
    await inner(key, bytes);
  };
  await sync();
  expect(await storedNames()).toEqual(['small.txt']);
  const flushing = host.volumes.flush(id, 1, signal);
  await writeFile(join(directory, 'small.txt'), 'y');
  gate.resolve();
  await flushing;
  expect(await storedNames()).toEqual(['large.bin', 'small.txt']);
  const { directory: again } = await elsewhere.volumes.attach(id, 2, signal);
  const before = await readFile(join(directory, 'large.bin'));
  expect((await readFile(join(again, 'large.bin'))).equals(before)).toBe(true);
});

test('sparse and huge files cost their data; times and size come back', async () => {
  const { directory } = await start();
  await writeFile(join(directory, 'hole'), '');
  await truncate(join(directory, 'hole'), 20 * 1024 ** 3);
  const file = await open(join(directory, 'mostly'), 'w');
  await file.write(Buffer.from('end'), 0, 3, 64 * 1024 ** 2);
  await file.close();
  await utimes(join(directory, 'hole'), 1, 1);
  await host.volumes.flush(id, 1, signal);
  const { directory: again } = await elsewhere.volumes.attach(id, 2, signal);
  const hole = await stat(join(again, 'hole'));
  expect([hole.size, hole.mtimeMs]).toEqual([20 * 1024 ** 3, 1_000]);
  const mostly = await stat(join(again, 'mostly'));
  expect(mostly.size).toBe(64 * 1024 ** 2 + 3);
  expect(mostly.blocks).toBeLessThan(100);
  expect((await readFile(join(again, 'mostly'))).subarray(64 * 1024 ** 2).toString()).toBe('end');
});

test('sockets, fifos and devices are left out and reported, and nothing waits for them', async () => {
  const { directory, tree } = await start();
  execFileSync('mkfifo', [join(directory, 'fifo')]);
  const server = createServer().listen(join(directory, 'socket'));
  await once(server, 'listening');
  const device = process.getuid?.() === 0;
  if (device) execFileSync('mknod', [join(directory, 'null'), 'c', '1', '3']);
  await writeFile(join(directory, 'a.txt'), 'x');
  const { skipped } = await host.volumes.flush(id, 1, signal);
  expect(skipped.map(({ path, reason }) => [path.join('/'), reason]).sort()).toEqual(
    ['fifo', ...(device ? ['null'] : []), 'socket'].map((name) => [name, 'not_a_file']),
  );
  expect(await storedNames()).toEqual(['a.txt']);
  expect((await tree.list([])).map(({ name }) => name)).toEqual(['a.txt']);
  await expect(tree.read(['fifo'])).rejects.toMatchObject({ code: 'bad_request' });
  expect(await tree.stat(['fifo'])).toBeNull();
  server.close();
});

test('a file that grows while it is read is kept, and whole when it holds still', async () => {
  const { directory } = await start();
  const code = spawn('sh', ['-c', `while :; do echo xxxxxxxx >> ${directory}/grows; done`], {
    stdio: 'ignore',
  });
  await expect
    .poll(() =>
      stat(join(directory, 'grows'))
        .then(({ size }) => size)
        .catch(() => 0),
    )
    .toBeGreaterThan(0);
  for (let round = 0; round < 5; round++) {
    await sync();
    expect(await stored('grows')).toMatch(/^(x{8}\n)+x*$/);
  }
  const exited = once(code, 'exit');
  code.kill();
  await exited;
  await sync();
  expect(await stored('grows')).toBe(await readFile(join(directory, 'grows'), 'utf8'));
});

test('a save during a scan is never undone by what the scan saw before', async () => {
  const { directory, tree } = await start();
  for (let at = 0; at < 200; at++) await writeFile(join(directory, `f${at}`), `code ${at}`);
  for (let round = 0; round < 5; round++) {
    const syncing = sync();
    await Promise.all(
      Array.from({ length: 20 }, (_, at) => tree.write([`f${at * 10}`], Buffer.from(`saved ${round} ${at}`))),
    );
    await syncing;
    for (let at = 0; at < 20; at++) expect(await stored(`f${at * 10}`)).toBe(`saved ${round} ${at}`);
  }
});

test('links that code swaps under our feet never lead a read or a write out of the workspace', async () => {
  const { directory, tree } = await start();
  const outside = join(host.hostDirectory, 'outside');
  await mkdir(outside);
  await writeFile(join(outside, 'secret'), 'secret');
  await mkdir(join(directory, 'real'));
  await writeFile(join(directory, 'real', 'secret'), 'mine');
  await symlink(outside, join(directory, 'far'));
  // Two names change places as fast as they can: a directory, and a link out of the workspace.
  const swaps = (async () => {
    for (let round = 0; round < 400; round++) {
      await rename(join(directory, 'real'), join(directory, 'x'));
      await rename(join(directory, 'far'), join(directory, 'real'));
      await rename(join(directory, 'real'), join(directory, 'far'));
      await rename(join(directory, 'x'), join(directory, 'real'));
    }
  })();
  const seen = new Set<string>();
  let busy = true;
  void swaps.then(() => {
    busy = false;
  });
  while (busy) {
    const read = tree.read(['real', 'secret']).then(String);
    seen.add(
      await read.catch((error: unknown) => (error instanceof CellbookError ? error.code : String(error))),
    );
    const write = tree.write(['real', 'planted'], Buffer.from('x'));
    seen.add(await write.then(() => 'written').catch((error: unknown) => (error as CellbookError).code));
    await sync();
  }
  for (const outcome of seen) expect(['mine', 'written', 'not_found', 'path_refused']).toContain(outcome);
  expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
  await expect(stat(join(outside, 'planted'))).rejects.toThrow('ENOENT');
});

test('an attach that failed half-way is done again and ends the same', async () => {
  const { directory } = await start();
  for (let at = 0; at < 30; at++) await writeFile(join(directory, `f${at}`), `${at}`.repeat(3_000));
  await host.volumes.flush(id, 1, signal);
  await host.volumes.detach(id, 1);
  let gets = 0;
  const failingGet: ObjectStore = {
    ...objects,
    async get(key) {
      if (++gets > 15) throw new CellbookError('store_unavailable', { doing: 'reading', problem: 'test' });
      return objects.get(key);
    },
  };
  const { manifests } = host.parts;
  const half = await startTestHost({ manifests, objects: failingGet, host: there });
  await expect(half.volumes.attach(id, 2, signal)).rejects.toMatchObject({ code: 'store_unavailable' });
  // Suspended as far as anyone can see, and a client saves meanwhile.
  await (await half.volumes.files(id)).write(['saved.txt'], Buffer.from('x')).catch(() => {});
  gets = -1_000;
  const { directory: again } = await half.volumes.attach(id, 2, signal);
  for (let at = 0; at < 30; at++)
    expect(await readFile(join(again, `f${at}`), 'utf8')).toBe(`${at}`.repeat(3_000));
  await half.close();
});

test('a full disk is a typed error that says what to do, and leaves nothing behind', async () => {
  const mount = join('/tmp', `full-${systemRandom.uuid()}`);
  await mkdir(mount);
  const mounted = await new Promise<boolean>((resolve) => {
    spawn('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', mount]).on('close', (code) =>
      resolve(code === 0),
    );
  });
  await start();
  if (!mounted) return;
  const homes = {
    directoryOf: () => mount,
    prepareHome: async () => ({ directory: mount }),
    releaseHome: async () => {},
    list: async () => [],
  };
  const small = await startTestHost({ homes, manifests: host.parts.manifests, objects, host: there });
  const { directory } = await small.volumes.attach(id, 2, signal);
  const tree = await small.volumes.files(id);
  const write = tree.write(['big.bin'], Buffer.alloc(1_000_000, 7));
  await expect(write).rejects.toMatchObject({ code: 'volume_full', next: expect.stringContaining('Delete') });
  expect(execFileSync('ls', ['-A', directory]).toString()).toBe('');
  expect(await tree.stat(['big.bin'])).toBeNull();
  await small.close();
  execFileSync('umount', [mount]);
});
