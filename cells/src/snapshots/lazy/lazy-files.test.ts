/** Real mounts, read by this process. */
import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ManualClock, systemClock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { execute } from '../../sandbox/quota/execute.ts';
import { say } from './fuse-answer.ts';
import type { FuseDevice } from './fuse-device.ts';
import { LazyFiles } from './lazy-files.ts';
import type { PageUnit } from './page-reads.ts';
import { type LazyFile, ServedFile } from './served-file.ts';

const strideBytes = 64 * 1024;

let directory: string;
let files: LazyFiles;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-lazy-'));
  const mounted = await LazyFiles.mount(join(directory, 'pages'), { log: silentLogger, clock: systemClock });
  if (mounted) files = mounted;
});
afterAll(async () => {
  await files?.close();
  await rm(directory, { recursive: true, force: true });
});

function lazy(content: Buffer, before: (unit: PageUnit) => Promise<void> = async () => undefined): LazyFile {
  return {
    ...{ bytes: content.length, strideBytes, chunksAtOnce: 3, atOnce: { inOrder: 1, waited: 4 } },
    sought: () => undefined,
    async answer(unit, device) {
      await before(unit);
      for (const { unique, offset, bytes } of unit.reads) {
        say(device, unique, [content.subarray(offset, offset + bytes)]);
      }
    },
  };
}

/** Those of this process. */
async function readers(): Promise<string[]> {
  const { stdout } = await promisify(execFile)('pgrep', ['-P', String(process.pid), '-x', 'dd']).catch(
    () => ({
      stdout: '',
    }),
  );
  return stdout.split('\n').filter((line) => line !== '');
}

const fails = (code: string) => expect.objectContaining({ code });

describe.runIf(existsSync('/dev/fuse'))('a file that is opened as it is read', () => {
  test('is what it is, from its beginning to its end and in the middle, by many at once', async () => {
    const content = randomBytes(40 * strideBytes + 12_345);
    const served = files.serve(lazy(content))!;
    expect(Buffer.compare(await readFile(served.path), content)).toBe(0);
    const handle = await open(served.path);
    const ranges = Array.from({ length: 50 }, (_, index) => [index * 53_001, 70_000] as const);
    await Promise.all(
      ranges.map(async ([at, length]) => {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, at);
        expect(Buffer.compare(buffer.subarray(0, bytesRead), content.subarray(at, at + length))).toBe(0);
      }),
    );
    // Who looks around sees nothing, and no error either.
    expect(await readdir(join(directory, 'pages'))).toEqual([]);
    served.drop();
    // It is open still, and is read on; nobody else opens it.
    expect((await handle.read(Buffer.alloc(10), 0, 10, 5)).bytesRead).toBe(10);
    await expect(open(served.path)).rejects.toEqual(fails('ENOENT'));
    await handle.close();
    await served.released;
  });

  test('that nobody has opened is gone with a drop', async () => {
    const served = files.serve(lazy(Buffer.alloc(10)))!;
    served.drop();
    await served.released;
    await expect(readFile(served.path)).rejects.toEqual(fails('ENOENT'));
  });

  test('gives an error for what cannot be opened, and the rest of it all the same', async () => {
    const content = randomBytes(4 * strideBytes);
    const served = files.serve(
      lazy(content, async ({ firstChunk, lastChunk }) => {
        if (firstChunk <= 2 && lastChunk >= 2) throw new Error('damaged');
      }),
    )!;
    const handle = await open(served.path);
    const at = (chunk: number) => handle.read(Buffer.alloc(100), 0, 100, chunk * strideBytes);
    await expect(at(2)).rejects.toEqual(fails('EIO'));
    expect(
      Buffer.compare((await at(3)).buffer, content.subarray(3 * strideBytes, 3 * strideBytes + 100)),
    ).toBe(0);
    served.drop();
    await handle.close();
    await served.released;
  });
});

describe('a file whose release may have been heard by nobody', () => {
  const nowhere = { fd: -1 } as FuseDevice;
  async function state(file: ServedFile) {
    let is = 'served';
    void file.released.then(() => {
      is = 'released';
    });
    await new ManualClock().advance(0);
    return is;
  }
  const opened = () => {
    const clock = new ManualClock();
    const file = new ServedFile(lazy(Buffer.alloc(strideBytes)), { log: silentLogger, clock });
    file.open();
    return { clock, file, read: () => file.read({ unique: 1n, offset: 0, bytes: 10 }, nowhere) };
  };

  test('ends once it is dropped and nobody has read it for long', async () => {
    const { clock, file, read } = opened();
    file.doubt();
    await clock.advance(2 * limits.snapshots.unreadMs);
    file.drop();
    await clock.advance(limits.snapshots.unreadMs - 1);
    read();
    await clock.advance(limits.snapshots.unreadMs - 1);
    expect(await state(file)).toBe('served');
    await clock.advance(limits.snapshots.unreadMs);
    expect(await state(file)).toBe('released');
  });

  test('is served as long as its bytes do not come, and another’s for good', async () => {
    const waiting = opened();
    const never = new Promise<void>(() => undefined);
    const slow = new ServedFile(
      lazy(Buffer.alloc(strideBytes), () => never),
      { log: silentLogger, clock: waiting.clock },
    );
    slow.open();
    slow.read({ unique: 1n, offset: 0, bytes: 10 }, nowhere);
    slow.doubt();
    for (const file of [slow, waiting.file]) file.drop();
    await waiting.clock.advance(5 * limits.snapshots.unreadMs);
    expect(await Promise.all([slow, waiting.file].map(state))).toEqual(['served', 'served']);
    waiting.file.release();
    expect(await state(waiting.file)).toBe('released');
  });
});

describe.runIf(existsSync('/dev/fuse'))('whoever still waits', () => {
  test('gets an error when the files are closed', async () => {
    const others = await LazyFiles.mount(join(directory, 'others'), {
      log: silentLogger,
      clock: systemClock,
    });
    const asked = Promise.withResolvers<void>();
    const never = new Promise<void>(() => undefined);
    const served = others!.serve(
      lazy(Buffer.alloc(strideBytes), () => {
        asked.resolve();
        return never;
      }),
    )!;
    const refused = expect(promisify(execFile)('cat', [served.path])).rejects.toBeDefined();
    await asked.promise;
    await others!.close();
    await refused;
    await served.released;
    expect(await readFile('/proc/self/mounts', 'utf8')).not.toContain(join(directory, 'others'));
  });

  test('gets what he waits for when what hears the kernel is killed, again and again, or an error', async () => {
    const before = await readers();
    const others = await LazyFiles.mount(join(directory, 'killed-readers'), {
      log: silentLogger,
      clock: systemClock,
    });
    const ours = async () => (await readers()).filter((one) => !before.includes(one));
    const content = randomBytes(200 * strideBytes);
    const served = others!.serve(lazy(content))!;
    const sha256 = createHash('sha256').update(content).digest('hex');
    const [first] = await ours();
    // In another process: one that waits for itself here could keep this one from answering.
    const outcome = promisify(execFile)('sha256sum', [served.path]).then(
      ({ stdout }) => stdout.slice(0, 64),
      (error: unknown) => (String(error).includes('Input/output error') ? sha256 : String(error)),
    );
    process.kill(Number(first), 'SIGKILL');
    expect(await outcome).toBe(sha256);
    const next = await expect.poll(ours, { timeout: 20_000 }).toHaveLength(1).then(ours);
    expect(next).not.toEqual([first]);
    const { stdout } = await promisify(execFile)('sha256sum', [served.path]);
    expect(stdout.slice(0, 64)).toBe(sha256);
    served.drop();
    await served.released;
    await others!.close();
    expect(await ours()).toEqual([]);
  });

  test('gets an error when the file system is cut off, and nothing is served any more', async () => {
    const others = await LazyFiles.mount(join(directory, 'unheard'), {
      log: silentLogger,
      clock: systemClock,
    });
    const asked = Promise.withResolvers<void>();
    const never = new Promise<void>(() => undefined);
    const content = lazy(Buffer.alloc(strideBytes), () => {
      asked.resolve();
      return never;
    });
    const served = others!.serve(content)!;
    const refused = expect(promisify(execFile)('cat', [served.path])).rejects.toBeDefined();
    await asked.promise;
    // In use as it is it stays mounted, with nobody behind it.
    await execute(['umount', '-f', join(directory, 'unheard')], 'cutting it off', [0, 32]);
    await refused;
    await served.released;
    expect(others!.serve(content)).toBeNull();
    await others!.close();
    expect(await readFile('/proc/self/mounts', 'utf8')).not.toContain(join(directory, 'unheard'));
  });

  test('gets an error when the process is killed, of which nothing is left but the mount that its successor removes', async () => {
    const place = join(directory, 'killed');
    const module = JSON.stringify(new URL('./lazy-files.ts', import.meta.url).href);
    const program = `
      const { LazyFiles } = await import(${module});
      const clock = { monotonicMs: () => performance.now() };
      const files = await LazyFiles.mount(${JSON.stringify(place)}, { log: { warn: console.error }, clock });
      const answer = () => { console.log('asked'); return new Promise(() => undefined); };
      const atOnce = { inOrder: 1, waited: 1 };
      console.log(files.serve({ bytes: 100, strideBytes: 100, chunksAtOnce: 1, atOnce, answer }).path);
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said = child.stdout[Symbol.asyncIterator]();
    const path = String((await said.next()).value).trim();
    const refused = expect(promisify(execFile)('cat', [path])).rejects.toBeDefined();
    await said.next();
    child.kill('SIGKILL');
    await once(child, 'exit');
    await refused;
    await execute(['umount', '-l', place], 'unmounting');
  });
});
