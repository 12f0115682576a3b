/**
 * Real programs and sandboxes: a volume that comes as it is read, to a host that was killed and has lost its directory;
 * and what serves it killed under the sandbox: the reader, the mount, the daemon.
 */
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scratchOf } from '../host/daemon/open-images.ts';
import { type CellClient, cellClient } from '../host/testing/cell-client.ts';
import { LoopHomes } from '../sandbox/quota/loop-homes.ts';
import { Scratch } from '../snapshots/scratch.ts';
import { type CellProcess, startCellProcess } from '../testing/cell-process.ts';

let cell: CellProcess;
let user: CellClient;

beforeAll(async () => {
  cell = await startCellProcess({ CELLBOOK_LAZY_ABOVE_MIB: '1' }, { hosts: ['test-1-a'] });
  user = cellClient(cell);
}, 120_000);
afterAll(async () => {
  await cell?.stop();
}, 120_000);

const make = `
import hashlib, os, random
data = random.Random(7).randbytes(8 << 20)
os.makedirs("data/deep")
open("data/large.bin", "wb").write(data)
open("data/deep/gone.txt", "w").write("x" * 5000)
open("kept.txt", "w").write("kept")
print(hashlib.sha256(data).hexdigest())`;

const change = `
import hashlib, os
data = open("data/large.bin", "rb").read()
print(hashlib.sha256(data).hexdigest(), os.path.getsize("data/deep/gone.txt"), open("kept.txt").read())
held = open("data/large.bin", "r+b")
held.seek(3 << 20); held.write(b"patched"); held.flush()
os.rename("data/deep", "data/moved"); os.remove("kept.txt")
open("new.txt", "w").write("new")
import mmap
print(mmap.mmap(held.fileno(), 0)[3 << 20:(3 << 20) + 7], os.listdir("data/moved"))`;

const run = promisify(execFile);

/** Drops what the sandbox has of the file in its own cache by reading it anew from the host. */
const readAgain = `
import hashlib
print(hashlib.sha256(open("data/large.bin", "rb").read()).hexdigest())`;

/** Whoever asks while the loss is being noticed is told to ask again. */
async function startedKernel(id: string): Promise<string> {
  const start = () => user.call('POST', `/w/${id}/api/kernels`, { name: 'python3' });
  let started = await start();
  const isStarted = async () => {
    if (started.status !== 201) started = await start();
    return started.status;
  };
  await expect.poll(isStarted, { timeout: 60_000, interval: 250 }).toBe(201);
  return String(started.body.id);
}

async function save(id: string, path: string, content: string): Promise<void> {
  const { status } = await user.call('PUT', `/w/${id}/api/contents/${path}`, {
    ...{ type: 'file', format: 'text', content },
  });
  expect(status).toBe(201);
}

async function sleep(id: string): Promise<void> {
  await user.call('POST', `/v1/workspaces/${id}/suspend`);
  await user.untilPhase(id, 'suspended');
}

test('a volume comes as it is read to a host that has lost everything, and changes like any other', async () => {
  const id = await user.createWorkspace();
  const digest = (await user.execute(id, await user.startKernel(id), make)).trim();
  await sleep(id);
  const [host] = cell.hosts;
  if (!host) throw new Error('there is a host');
  await host.end('SIGKILL');
  await endAllOf(host.dataDirectory);
  const homes = new LoopHomes(join(host.dataDirectory, 'host', 'homes'));
  for (const workspaceId of await homes.list()) await homes.releaseHome(workspaceId);
  await new Scratch(scratchOf(join(host.dataDirectory, 'host'))).unmount();
  await unmountBelow(host.dataDirectory);
  await rm(host.dataDirectory, { recursive: true });

  await host.start();
  let kernelId = await user.startKernel(id);
  expect(await readFile('/proc/self/mountinfo', 'utf8')).toContain(`${id}/lazy/merged`);
  expect(await user.execute(id, kernelId, change)).toBe(`${digest} 5000 kept\nb'patched' ['gone.txt']\n`);

  // Whoever hears the kernel for the file system is killed: the same sandbox reads on.
  const patched = await user.execute(id, kernelId, readAgain);
  for (const reader of await readersOf(host.pid())) process.kill(reader, 'SIGKILL');
  expect(await user.execute(id, kernelId, readAgain)).toBe(patched);

  // The file system is cut off under the sandbox: it ends, says why, and comes back with its files.
  await user.execute(id, kernelId, 'open("data/unsynced.txt", "w").write("written a moment before")');
  const lower = join(host.dataDirectory, 'host', 'homes', id, 'lazy', 'lower');
  await run('umount', ['-f', lower]).catch(() => undefined);
  // What it knew it knows no more.
  const isKnown = () => user.execute(id, kernelId, 'print("hashlib" in globals())').catch(String);
  await expect.poll(isKnown, { timeout: 60_000 }).toBe('False\n');
  expect(await user.execute(id, kernelId, readAgain)).toBe(patched);
  expect(await user.execute(id, kernelId, 'print(open("data/unsynced.txt").read())')).toBe(
    'written a moment before\n',
  );

  // The daemon is killed: its sandbox with it, and no acknowledged save.
  await save(id, 'saved.txt', 'acknowledged');
  await host.restart('SIGKILL');
  kernelId = await startedKernel(id);
  expect(await user.execute(id, kernelId, 'print(open("saved.txt").read())')).toBe('acknowledged\n');
  expect(await user.execute(id, kernelId, readAgain)).toBe(patched);
  await sleep(id);
  const contents = async (path: string) => (await user.call('GET', `/w/${id}/api/contents/${path}`)).body;
  expect(await contents('new.txt')).toMatchObject({ content: 'new' });
  expect(await contents('data/moved/gone.txt')).toMatchObject({ size: 5000 });
  expect(await contents('data/large.bin?content=0')).toMatchObject({ size: 8 << 20 });
  expect((await user.call('GET', `/w/${id}/api/contents/kept.txt`)).status).toBe(404);
  await user.call('DELETE', `/v1/workspaces/${id}`);
}, 300_000);

async function readersOf(pid: number): Promise<number[]> {
  const { stdout } = await run('pgrep', ['-P', String(pid), '-x', 'dd']);
  return stdout.trim().split('\n').map(Number);
}

/** A host that is lost is lost with the sandbox that slept there; the directory that its successor would know it by is gone. */
async function endAllOf(directory: string): Promise<void> {
  const { stdout } = await run('pgrep', ['-f', '--', `--root=${directory}/`]).catch(() => ({ stdout: '' }));
  for (const pid of stdout.trim().split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended with another one.
    }
  }
}

/** What a killed daemon leaves besides: the places of its sandboxes' files. The innermost first. */
async function unmountBelow(directory: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '');
  for (const place of mounts.filter((each) => each.startsWith(`${directory}/`)).toReversed())
    await run('umount', ['-l', place]);
}
