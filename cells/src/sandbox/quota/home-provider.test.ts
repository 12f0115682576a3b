import { execFileSync } from 'node:child_process';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HomeProvider } from './home-provider.ts';
import { LoopHomes } from './loop-homes.ts';
import { isMountPoint } from './mount-point.ts';
import { PlainHomes } from './plain-homes.ts';
import { SpareHomes, sparesOf } from './spare-homes.ts';

const mebibyte = 1024 * 1024;
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cellbook-homes-'));
});

/** As a host's daemon opens them; what is made ahead is there. A second one in the same place is its successor. */
async function withSpares(diskBytesMax = 32 * mebibyte) {
  const clock = new ManualClock();
  const spares = await SpareHomes.open({
    ...{ directory: root, diskBytesMax, clock },
    ...{ random: systemRandom, log: silentLogger },
  });
  const homes = new LoopHomes(root, spares);
  open.push(homes);
  const makeAhead = async () => {
    await clock.advance(limits.sandbox.spareHomeDelayMs);
    await spares.settled();
  };
  await makeAhead();
  return { homes, makeAhead };
}

const open: HomeProvider[] = [];
afterEach(async () => {
  for (const homes of open.splice(0)) await homes.close();
  const homes = new LoopHomes(root);
  for (const id of await homes.list()) await homes.releaseHome(id);
  await rm(root, { recursive: true, force: true });
});

const kinds: Array<[string, () => HomeProvider | Promise<HomeProvider>]> = [
  ['loop', () => new LoopHomes(root)],
  ['loop, some made ahead,', async () => (await withSpares()).homes],
  ['plain', () => new PlainHomes(root)],
];

describe.each(kinds)('%s homes', (_kind, create) => {
  it('gives an empty directory that belongs to the sandbox user, the same one each time', async () => {
    const id = newWorkspaceId(systemRandom);
    const { directory } = await (await create()).prepareHome(id, 32 * mebibyte);
    expect(await readdir(directory)).toEqual([]);
    expect((await stat(directory)).uid).toBe(1000);
    await writeFile(join(directory, 'kept.txt'), 'kept');
    expect(await (await create()).prepareHome(id, 32 * mebibyte)).toEqual({ directory });
    expect(await readdir(directory)).toEqual(['kept.txt']);
  });

  it('lists what exists, also for a successor that prepared nothing', async () => {
    const ids = [newWorkspaceId(systemRandom), newWorkspaceId(systemRandom)];
    for (const id of ids) await (await create()).prepareHome(id, 32 * mebibyte);
    expect((await (await create()).list()).sort()).toEqual([...ids].sort());
  });

  it('leaves nothing after a release, and releases twice without complaint', async () => {
    const id = newWorkspaceId(systemRandom);
    const { directory } = await (await create()).prepareHome(id, 32 * mebibyte);
    await writeFile(join(directory, 'gone.txt'), 'gone');
    const homes = await create();
    await homes.releaseHome(id);
    await homes.releaseHome(id);
    expect(await isMountPoint(directory)).toBe(false);
    await homes.close();
    expect(await readdir(root)).toEqual([]);
  });
});

describe('loop homes', () => {
  it('refuse to hold more than the limit and leave the neighbour room', async () => {
    const homes = new LoopHomes(root);
    const full = await homes.prepareHome(newWorkspaceId(systemRandom), 32 * mebibyte);
    const neighbour = await homes.prepareHome(newWorkspaceId(systemRandom), 32 * mebibyte);
    const tooMuch = writeFile(join(full.directory, 'big'), Buffer.alloc(40 * mebibyte));
    await expect(tooMuch).rejects.toMatchObject({ code: 'ENOSPC' });
    await writeFile(join(neighbour.directory, 'fits'), Buffer.alloc(8 * mebibyte));
  });

  it('prepare one workspace once for twenty callers at the same time', async () => {
    const homes = new LoopHomes(root);
    const id = newWorkspaceId(systemRandom);
    const all = await Promise.all(Array.from({ length: 20 }, () => homes.prepareHome(id, 32 * mebibyte)));
    expect(new Set(all.map(({ directory }) => directory)).size).toBe(1);
  });

  it('are images that nobody else of the machine can read, also those that were open before', async () => {
    const homes = new LoopHomes(root);
    const id = newWorkspaceId(systemRandom);
    const image = join(root, `${id}.ext4`);
    const { directory } = await homes.prepareHome(id, 32 * mebibyte);
    expect((await stat(image)).mode & 0o777).toBe(0o600);
    await chmod(image, 0o644);
    execFileSync('umount', [directory]);
    await homes.prepareHome(id, 32 * mebibyte);
    expect((await stat(image)).mode & 0o777).toBe(0o600);
  });

  it('find a volume again whose mount was lost, and grow it', async () => {
    const homes = new LoopHomes(root);
    const id = newWorkspaceId(systemRandom);
    const { directory } = await homes.prepareHome(id, 32 * mebibyte);
    await writeFile(join(directory, 'kept.txt'), 'kept');
    execFileSync('umount', [directory]);
    await homes.prepareHome(id, 64 * mebibyte);
    expect(await readdir(directory)).toEqual(['kept.txt']);
    const { blocks, bsize } = await statfs(directory);
    expect(blocks * bsize).toBeGreaterThan(48 * mebibyte);
  });
});

/** What the kernel knows of a place below `root`: options and file system of each mount, the files behind loop devices. */
async function mountsBelow(place: string): Promise<Map<string, string>> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').map((line) => line.split(' '));
  const below = lines.filter(([, , , , point = '']) => point.startsWith(place));
  return new Map(
    below.map((words) => [words[4] ?? '', [words[5], ...words.slice(words.indexOf('-') + 3)].join(' ')]),
  );
}

async function loopFiles(): Promise<string[]> {
  const devices = (await readdir('/sys/block')).filter((name) => name.startsWith('loop'));
  const files = devices.map((name) =>
    readFile(`/sys/block/${name}/loop/backing_file`, 'utf8').catch(() => ''),
  );
  return (await Promise.all(files))
    .map((file) => file.trim())
    .filter((file) => file.startsWith(root))
    .sort();
}

const spareNames = (): Promise<string[]> => readdir(sparesOf(root)).catch(() => []);

describe('homes made ahead', () => {
  it('are what one made when it is needed is: its size, its options, its mode, its loop device', async () => {
    const id = newWorkspaceId(systemRandom);
    const other = newWorkspaceId(systemRandom);
    const { homes } = await withSpares();
    const images = (await spareNames()).filter((name) => name.endsWith('.ext4'));
    const inodes = await Promise.all(
      images.map(async (name) => (await stat(join(sparesOf(root), name))).ino),
    );
    const ahead = await homes.prepareHome(id, 32 * mebibyte);
    const made = await new LoopHomes(root).prepareHome(other, 32 * mebibyte);
    await homes.close();
    const image = await stat(join(root, `${id}.ext4`));
    expect({ mode: image.mode & 0o777, isSpare: inodes.includes(image.ino) }).toEqual({
      mode: 0o600,
      isSpare: true,
    });
    const { blocks, bsize } = await statfs(made.directory);
    expect(await statfs(ahead.directory)).toMatchObject({ blocks, bsize });
    const mounts = await mountsBelow(root);
    expect([...mounts.keys()].sort()).toEqual([ahead.directory, made.directory].sort());
    expect(mounts.get(ahead.directory)).toBe(mounts.get(made.directory));
    expect(await loopFiles()).toEqual([id, other].map((of) => join(root, `${of}.ext4`)).sort());
  });

  it('are taken by one each, a third is made, and no more than the limit come after them', async () => {
    const { homes, makeAhead } = await withSpares();
    const ids = Array.from({ length: 3 }, () => newWorkspaceId(systemRandom));
    const all = await Promise.all(ids.map((id) => homes.prepareHome(id, 32 * mebibyte)));
    for (const [at, { directory }] of all.entries()) await writeFile(join(directory, `${at}`), '');
    for (const [at, { directory }] of all.entries()) expect(await readdir(directory)).toEqual([`${at}`]);
    for (let round = 0; round < 3; round++) await makeAhead();
    const images = (await spareNames()).filter((name) => name.endsWith('.ext4'));
    expect(images).toHaveLength(limits.sandbox.spareHomesMax);
    expect((await homes.list()).sort()).toEqual([...ids].sort());
  });

  it('are of the usual size: for another one a home is made', async () => {
    const { homes } = await withSpares();
    const before = await spareNames();
    const { directory } = await homes.prepareHome(newWorkspaceId(systemRandom), 64 * mebibyte);
    const { blocks, bsize } = await statfs(directory);
    expect(blocks * bsize).toBeGreaterThan(48 * mebibyte);
    expect(await spareNames()).toEqual(before);
  });

  it('never stand for a home that there is already', async () => {
    const id = newWorkspaceId(systemRandom);
    const { directory } = await new LoopHomes(root).prepareHome(id, 32 * mebibyte);
    await writeFile(join(directory, 'kept.txt'), 'kept');
    execFileSync('umount', [directory]);
    const { homes } = await withSpares();
    await homes.prepareHome(id, 32 * mebibyte);
    expect(await readdir(directory)).toEqual(['kept.txt']);
  });

  it('of a process that was killed are gone with the next, and nothing that a workspace has', async () => {
    const id = newWorkspaceId(systemRandom);
    await withSpares();
    const [spare = ''] = (await spareNames()).filter((name) => !name.endsWith('.ext4'));
    // Killed between a home's mount and the end of the spare's: the same file system at both places.
    const [at, directory] = [join(sparesOf(root), spare), join(root, id)];
    await mkdir(directory);
    await rename(`${at}.ext4`, `${directory}.ext4`);
    execFileSync('mount', ['--bind', at, directory]);
    await writeFile(join(directory, 'kept.txt'), 'kept');
    const { homes } = await withSpares();
    await homes.close();
    expect([...(await mountsBelow(root)).keys()]).toEqual([directory]);
    expect(await loopFiles()).toEqual([`${directory}.ext4`]);
    expect(await homes.prepareHome(id, 32 * mebibyte)).toEqual({ directory });
    expect(await readdir(directory)).toEqual(['kept.txt']);
  });

  it('that were renamed and not mounted when the process was killed are mounted as images that are whole', async () => {
    const id = newWorkspaceId(systemRandom);
    await withSpares();
    const [spare = ''] = (await spareNames()).filter((name) => name.endsWith('.ext4'));
    await rename(join(sparesOf(root), spare), join(root, `${id}.ext4`));
    const { homes } = await withSpares();
    const { directory } = await homes.prepareHome(id, 64 * mebibyte);
    const { blocks, bsize } = await statfs(directory);
    expect(blocks * bsize).toBeGreaterThan(48 * mebibyte);
    expect(await loopFiles()).toContain(`${directory}.ext4`);
  });

  it('that cannot be taken or made are done without', async () => {
    const { homes, makeAhead } = await withSpares();
    for (const name of await spareNames()) if (name.endsWith('.ext4')) await rm(join(sparesOf(root), name));
    const { directory } = await homes.prepareHome(newWorkspaceId(systemRandom), 32 * mebibyte);
    await writeFile(join(directory, 'fits'), 'it is one');
    await homes.close();
    await writeFile(sparesOf(root), 'no directory can be made here');
    const next = await withSpares();
    await makeAhead();
    await next.homes.prepareHome(newWorkspaceId(systemRandom), 32 * mebibyte);
    expect((await next.homes.list()).length).toBe(2);
  });

  it('are neither made nor taken where the disk has little room', async () => {
    const disk = root;
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=96m,mode=755', 'tmpfs', disk]);
    try {
      const { homes, makeAhead } = await withSpares();
      await writeFile(join(disk, 'filler'), Buffer.alloc(64 * mebibyte));
      const before = await spareNames();
      expect(before).not.toEqual([]);
      const id = newWorkspaceId(systemRandom);
      await homes.prepareHome(id, 32 * mebibyte);
      await makeAhead();
      expect(await spareNames()).toEqual(before);
      await homes.releaseHome(id);
      await homes.close();
    } finally {
      execFileSync('umount', ['--lazy', disk]);
    }
  });
});
