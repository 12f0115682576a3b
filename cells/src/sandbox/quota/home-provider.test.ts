import { execFileSync } from 'node:child_process';
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  open,
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
import { newWorkspaceId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HomeProvider } from './home-provider.ts';
import { isMountPoint, LoopHomes } from './loop-homes.ts';
import { PlainHomes } from './plain-homes.ts';

const mebibyte = 1024 * 1024;
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cellbook-homes-'));
});

const kinds: Array<[string, () => HomeProvider]> = [
  ['loop', () => new LoopHomes(root)],
  ['plain', () => new PlainHomes(root)],
];

describe.each(kinds)('%s homes', (_kind, create) => {
  afterEach(async () => {
    const homes = create();
    for (const id of await homes.list()) await homes.releaseHome(id);
    await rm(root, { recursive: true, force: true });
  });

  it('gives an empty directory that belongs to the sandbox user, the same one each time', async () => {
    const id = newWorkspaceId(systemRandom);
    const { directory } = await create().prepareHome(id, 32 * mebibyte);
    expect(await readdir(directory)).toEqual([]);
    expect((await stat(directory)).uid).toBe(1000);
    await writeFile(join(directory, 'kept.txt'), 'kept');
    expect(await create().prepareHome(id, 32 * mebibyte)).toEqual({ directory });
    expect(await readdir(directory)).toEqual(['kept.txt']);
  });

  it('lists what exists, also for a successor that prepared nothing', async () => {
    const ids = [newWorkspaceId(systemRandom), newWorkspaceId(systemRandom)];
    for (const id of ids) await create().prepareHome(id, 32 * mebibyte);
    expect((await create().list()).sort()).toEqual([...ids].sort());
  });

  it('leaves nothing after a release, and releases twice without complaint', async () => {
    const id = newWorkspaceId(systemRandom);
    const { directory } = await create().prepareHome(id, 32 * mebibyte);
    await writeFile(join(directory, 'gone.txt'), 'gone');
    await create().releaseHome(id);
    await create().releaseHome(id);
    expect(await isMountPoint(directory)).toBe(false);
    expect(await readdir(root)).toEqual([]);
  });
});

describe('loop homes', () => {
  afterEach(async () => {
    const homes = new LoopHomes(root);
    for (const id of await homes.list()) await homes.releaseHome(id);
    await rm(root, { recursive: true, force: true });
  });

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

  it('go on when the disk of their host has been full, and keep what was there', async () => {
    const disk = join(root, 'disk');
    await mkdir(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk]);
    const homes = new LoopHomes(disk);
    const id = newWorkspaceId(systemRandom);
    try {
      const { directory } = await homes.prepareHome(id, 64 * mebibyte);
      await writeFile(join(directory, 'kept.txt'), 'kept', { flush: true });
      await fill(join(disk, 'filler'));
      await mkdir(join(directory, 'made'));
      // What changes in a directory is written behind whoever changes it; here it is waited for.
      const changed = await open(directory);
      await changed.sync().catch(orFull);
      await changed.close();
      const unstorable = writeFile(join(directory, 'large'), Buffer.alloc(8 * mebibyte, 1), { flush: true });
      await expect(unstorable.catch(orFull)).resolves.toBe('full');
      await rm(join(disk, 'filler'));
      await writeFile(join(directory, 'after.txt'), 'after', { flush: true });
      expect(await readFile(join(directory, 'kept.txt'), 'utf8')).toBe('kept');
      expect((await readdir(directory)).sort()).toEqual(['after.txt', 'kept.txt', 'large', 'made']);
    } finally {
      await homes.releaseHome(id);
      execFileSync('umount', ['--lazy', disk]);
    }
  });

  it('that a machine stopped with are empty again, and those that somebody still holds are not', async () => {
    const homes = new LoopHomes(root);
    const id = newWorkspaceId(systemRandom);
    const image = join(root, `${id}.ext4`);
    const { directory } = await homes.prepareHome(id, 32 * mebibyte);
    await writeFile(join(directory, 'half.txt'), 'half', { flush: true });
    const held = await open(join(directory, 'half.txt'));
    execFileSync('umount', ['--lazy', directory]);
    await homes.prepareHome(id, 32 * mebibyte);
    expect(await readdir(directory)).toEqual(['half.txt']);
    await cp(image, `${image}.as-it-stopped`);
    await held.close();
    execFileSync('umount', [directory]);
    await rename(`${image}.as-it-stopped`, image);
    await homes.prepareHome(id, 32 * mebibyte);
    expect(await readdir(directory)).toEqual([]);
  });
});

/** Takes what is left of the disk, to the last block. */
async function fill(path: string): Promise<void> {
  const filler = await open(path, 'w');
  const more = async (): Promise<unknown> => filler.write(Buffer.alloc(mebibyte / 16, 1));
  try {
    while ((await more().catch(orFull)) !== 'full');
  } finally {
    await filler.close();
  }
}

function orFull(error: unknown): 'full' {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EIO'))
    return 'full';
  throw error;
}
