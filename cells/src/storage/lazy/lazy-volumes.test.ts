/** Real mounts: volumes that come to a host as they are read. Whoever reads is another process, as a sandbox is. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '@cellbook/shared/clock.ts';
import { newWorkspaceId, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { HostEnvironments } from '../../environments/host-environments.ts';
import { createMemoryEnvironmentStore } from '../../environments/memory-environment-store.ts';
import { createWorkspaceVolumes, type HostVolumes } from '../create-workspace-volumes.ts';
import { createMemoryObjectStore } from '../objects/memory-object-store.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { startTestHost, type TestHost } from '../test-volumes.ts';

const run = promisify(execFile);
const mebibyte = 1024 * 1024;
const signal = AbortSignal.timeout(120_000);
/** Bytes that no two chunks share. */
const unlike = (seed: string, bytes: number): Buffer => {
  const parts: Buffer[] = [];
  for (let at = 0; at * 32 < bytes; at++) parts.push(createHash('sha256').update(`${seed} ${at}`).digest());
  return Buffer.concat(parts).subarray(0, bytes);
};
const large = unlike('large', 6 * mebibyte);
const other = unlike('other', 3 * mebibyte);

let host: TestHost;
let epoch = 0;
afterEach(async () => {
  for (const id of host.volumes.live()) await host.volumes.destroy(id);
  await host.close();
});

/** Counts what is fetched of chunks, and fails while it is told to. */
function watchedStore() {
  const inner = createMemoryObjectStore();
  const seen = { chunks: 0, isAway: false };
  const store: ObjectStore = {
    ...inner,
    async get(key, given) {
      if (key.includes('/chunks/') && seen.isAway) throw new Error('the store is away');
      if (key.includes('/chunks/')) seen.chunks += 1;
      return inner.get(key, given);
    },
  };
  return { store, seen };
}

/** A stored volume of ten mebibytes, brought to a host that brings nothing before it is read. */
async function attached({ prefetch = false } = {}) {
  const { store, seen } = watchedStore();
  host = await startTestHost({ objects: store, lazyAboveBytes: mebibyte, restAfterMs: 0 });
  const id = newWorkspaceId(systemRandom);
  await host.volumes.create(id);
  const files = await host.volumes.files(id);
  await files.makeDirectory(['data']);
  await files.makeDirectory(['data', 'deep']);
  await files.write(['data', 'large.bin'], large);
  await files.write(['data', 'deep', 'other.bin'], other);
  await files.write(['small.txt'], Buffer.from('small'));
  seen.isAway = !prefetch;
  const { directory } = await host.volumes.attach(id, ++epoch, signal);
  return { id, seen, files, directory, at: (...names: string[]) => join(directory, ...names) };
}

/** Whose packages cannot be put there. */
const failingEnvironments = (): HostEnvironments => {
  const environments = new HostEnvironments({
    ...{
      environments: createMemoryEnvironmentStore({ clock: systemClock, orgOf: () => null, ownerOf: never }),
    },
    ...{ objects: createMemoryObjectStore(), cacheDirectory: join(host.hostDirectory, 'layers') },
    ...{ clock: systemClock, random: systemRandom, log: silentLogger },
  });
  environments.attach = () => Promise.reject(new Error('no packages'));
  return environments;
};
const never = async () => null;

const read = async (path: string): Promise<Buffer> =>
  (await run('cat', [path], { encoding: 'buffer', maxBuffer: 64 * mebibyte })).stdout;

/** What the store has after everything was captured and the host let go. */
async function stored(volumes: HostVolumes, id: WorkspaceId) {
  await volumes.flush(id, epoch, signal);
  await volumes.detach(id, epoch);
  return volumes.files(id);
}

describe('a volume that comes as it is read', () => {
  it('shows every name, size and time before a byte has come, and gives the bytes to whoever reads', async () => {
    const { seen, at, files } = await attached();
    const { stdout } = await run('find', [at(), '-printf', '%P %s\n']);
    expect(
      stdout
        .split('\n')
        .filter((line) => !/^data(\/deep)? |^ /.test(line))
        .sort()
        .slice(1),
    ).toEqual([`data/deep/other.bin ${other.length}`, `data/large.bin ${large.length}`, 'small.txt 5']);
    const shown = await stat(at('data/large.bin'), { bigint: true });
    const known = await files.stat(['data', 'large.bin']);
    expect(Number(shown.mtimeNs / 1_000n) / 1_000).toBeCloseTo(known?.modifiedMs ?? 0, 2);
    expect(seen.chunks).toBe(0);
    seen.isAway = false;
    expect((await read(at('data/large.bin'))).equals(large)).toBe(true);
    expect((await read(at('small.txt'))).toString()).toBe('small');
  });

  it('gives the end of a large file to who has not read its beginning', async () => {
    const { seen, at } = await attached();
    seen.isAway = false;
    const tail = await run('tail', ['-c', '10', at('data/large.bin')], { encoding: 'buffer' });
    expect(tail.stdout.equals(large.subarray(-10))).toBe(true);
  });

  it('fails a read whose bytes do not come, and gives them when they do', async () => {
    const { seen, at } = await attached();
    await expect(read(at('data/large.bin'))).rejects.toThrow(/Input\/output error/);
    seen.isAway = false;
    expect((await read(at('data/large.bin'))).equals(large)).toBe(true);
  });

  it('keeps the rest of a file that is written in part, and takes nothing unread for deleted or empty', async () => {
    const { id, seen, at } = await attached();
    const before = await host.volumes.flush(id, epoch, signal);
    expect(before.bytesUploaded).toBe(0);
    seen.isAway = false;
    const patch =
      'import sys; f = open(sys.argv[1], "r+b"); f.seek(2_000_000); f.write(b"patched"); f.close()';
    await run('python3', ['-c', patch, at('data/large.bin')]);
    const files = await stored(host.volumes, id);
    const patched = Buffer.from(large);
    patched.write('patched', 2_000_000);
    expect(patched.equals(await files.read(['data', 'large.bin']))).toBe(true);
    expect(other.equals(await files.read(['data', 'deep', 'other.bin']))).toBe(true);
    expect(String(await files.read(['small.txt']))).toBe('small');
  });

  it('captures what is removed, moved, cut off and touched', async () => {
    const { id, seen, at } = await attached();
    seen.isAway = false;
    await rename(at('data/deep'), at('moved'));
    await rm(at('small.txt'));
    await truncate(at('data/large.bin'), 1_500_000);
    await utimes(at('moved/other.bin'), 1_000, 1_000);
    await mkdir(at('data/deep'));
    await writeFile(at('data/deep/new.txt'), 'new');
    const files = await stored(host.volumes, id);
    expect((await files.list([])).map(({ name }) => name).sort()).toEqual(['data', 'moved']);
    expect(large.subarray(0, 1_500_000).equals(await files.read(['data', 'large.bin']))).toBe(true);
    expect(other.equals(await files.read(['moved', 'other.bin']))).toBe(true);
    expect((await files.stat(['moved', 'other.bin']))?.modifiedMs).toBe(1_000_000);
    expect((await files.list(['data', 'deep'])).map(({ name }) => name)).toEqual(['new.txt']);
  });

  it('serves reads of contents from the store, and saves, copies and moves what was not read', async () => {
    const { id, seen } = await attached();
    seen.isAway = false;
    const live = await host.volumes.files(id);
    expect(large.equals(await live.read(['data', 'large.bin']))).toBe(true);
    await live.write(['small.txt'], Buffer.from('saved'));
    await live.copy(['data', 'deep', 'other.bin'], ['copy.bin']);
    await live.move(['data', 'large.bin'], ['large.bin']);
    const files = await stored(host.volumes, id);
    expect(String(await files.read(['small.txt']))).toBe('saved');
    expect(other.equals(await files.read(['copy.bin']))).toBe(true);
    expect(large.equals(await files.read(['large.bin']))).toBe(true);
    expect((await files.list(['data'])).map(({ name }) => name)).toEqual(['deep']);
  });

  it('is found by the next daemon as a killed one left it, with what code had written and nothing lost', async () => {
    const { id, seen, at } = await attached();
    await writeFile(at('data/deep/written.txt'), 'before the kill');
    await rm(at('small.txt'));
    const next = createWorkspaceVolumes(host.parts);
    await next.adopt(id, epoch);
    expect(next.liveDirectory(id)).toBe(at());
    seen.isAway = false;
    expect((await read(at('data/large.bin'))).equals(large)).toBe(true);
    const files = await stored(next, id);
    expect(large.equals(await files.read(['data', 'large.bin']))).toBe(true);
    expect(String(await files.read(['data', 'deep', 'written.txt']))).toBe('before the kill');
    expect((await files.list([])).map(({ name }) => name)).toEqual(['data']);
  });

  it('is opened anew where it can no longer be read, once whoever ran over it has ended at last, and nothing written is lost', async () => {
    const { id, seen, at } = await attached();
    seen.isAway = false;
    await writeFile(at('data/deep/written.txt'), 'before it was cut off');
    await rm(at('small.txt'));
    const ended = Promise.withResolvers<WorkspaceId>();
    let tries = 0;
    host.volumes.onLost(async (workspaceId) => {
      if (++tries === 1) throw new Error('it could not be ended');
      ended.resolve(workspaceId);
    });
    await run('umount', ['-f', join(at(), '../../lower')]).catch(() => undefined);
    expect(await ended.promise).toBe(id);
    const isThere = () => read(at('data/large.bin')).then((bytes) => bytes.equals(large), String);
    await expect.poll(isThere, { timeout: 20_000 }).toBe(true);
    const files = await stored(host.volumes, id);
    expect(String(await files.read(['data', 'deep', 'written.txt']))).toBe('before it was cut off');
    expect(other.equals(await files.read(['data', 'deep', 'other.bin']))).toBe(true);
    expect((await files.list([])).map(({ name }) => name)).toEqual(['data']);
  });

  it('fetches the rest behind it, and serves it from this host when the store is away', async () => {
    const { seen, at } = await attached({ prefetch: true });
    await expect.poll(() => seen.chunks, { timeout: 30_000 }).toBe(9);
    seen.isAway = true;
    await expect
      .poll(() => read(at('data/large.bin')).then((bytes) => bytes.equals(large)), { timeout: 30_000 })
      .toBe(true);
  });

  it('leaves no mount where a later step of bringing it fails', async () => {
    host = await startTestHost({ lazyAboveBytes: 1 });
    const id = newWorkspaceId(systemRandom);
    await host.volumes.create(id);
    await (await host.volumes.files(id)).write(['small.txt'], Buffer.from('small'));
    const failing = createWorkspaceVolumes({ ...host.parts, environments: failingEnvironments() });
    await expect(failing.attach(id, ++epoch, signal)).rejects.toThrow('no packages');
    const { stdout } = await run('cat', ['/proc/self/mountinfo']);
    expect(stdout).not.toContain(host.hostDirectory);
  });

  it('leaves no mount where the next daemon finds that the files are lost', async () => {
    const { id, at } = await attached();
    await run('rm', ['-r', at()]);
    const next = createWorkspaceVolumes(host.parts);
    await next.adopt(id, epoch).catch(() => undefined);
    expect(next.live()).toEqual([]);
    const { stdout } = await run('cat', ['/proc/self/mountinfo']);
    expect(stdout).not.toContain(host.hostDirectory);
  });

  it('leaves neither mounts nor files behind', async () => {
    const { id } = await attached();
    await host.volumes.detach(id, epoch);
    const { stdout } = await run('cat', ['/proc/self/mountinfo']);
    expect(stdout).not.toContain(host.hostDirectory);
    const { stdout: left } = await run('find', [host.hostDirectory, '-type', 'f']);
    expect(left).toBe('');
  });
});
