/**
 * Sparse ext4 images: how one is made, grown and mounted through a loop device.
 *
 * They have no journal. It would be for a machine that stops with the image mounted, and after that nothing in a home
 * is believed (ops/decisions/0008): what was stored is brought anew. What it did was harm: its blocks are written
 * without a word to whoever caused it, and where the host's disk had none left for them it aborted, and the home was
 * read-only for good. Without one a full disk costs what was being written, and the home goes on when there is room.
 * An image that a machine left mounted is told by its superblock (`wasCutOff`), and thrown away.
 */
import { mkdir, open, readdir, readFile, realpath, rm, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { sandboxGid, sandboxUid } from '../driver.ts';
import { execute } from './execute.ts';

/** The whole of an image can be read past the modes of what it holds. */
export const imageMode = 0o600;

/** What an image for so much has: in less ext4 has no room for what it needs itself. */
const imageBytes = (diskBytesMax: number): number => Math.max(diskBytesMax, limits.sandbox.volumeBytesMin);

export async function makeImage(image: string, diskBytesMax: number, doing: string): Promise<void> {
  await resizeFile(image, imageBytes(diskBytesMax));
  await execute([...makeFileSystem, image], doing);
}

export async function growImage(image: string, diskBytesMax: number, doing: string): Promise<void> {
  await resizeFile(image, imageBytes(diskBytesMax));
  await execute(['e2fsck', '-f', '-p', image], doing, [0, 1]);
  await execute(['resize2fs', image], doing);
}

/** Named and without helpers (`-i`): what it is is known, and to find it out takes as long as a third of the mount. */
export async function mountImage(image: string, directory: string, doing: string): Promise<void> {
  await execute(['mount', '-i', '-t', 'ext4', '-o', mountOptions, image, directory], doing);
  await rmdir(join(directory, 'lost+found')).catch(() => undefined);
}

/**
 * Whether the machine stopped with it mounted: ext4 says in it when it was let go in order, and a loop device has it
 * while somebody still holds what was unmounted here.
 */
export async function wasCutOff(image: string): Promise<boolean> {
  const file = await open(image, 'r');
  try {
    const state = Buffer.alloc(2);
    await file.read(state, 0, state.length, superblockAt + stateAt);
    return (state.readUInt16LE() & stateValid) === 0 && !(await isHeld(image));
  } finally {
    await file.close();
  }
}

async function isHeld(image: string): Promise<boolean> {
  const devices = (await readdir('/sys/block')).filter((name) => name.startsWith('loop'));
  const backing = (name: string) => readFile(`/sys/block/${name}/loop/backing_file`, 'utf8').catch(() => '');
  const path = await realpath(image);
  return (await Promise.all(devices.map(backing))).some((file) => file.trimEnd() === path);
}

/** Whether this host can mount such images at all: tried, since nothing else tells. */
export async function canMountLoops(directory: string): Promise<boolean> {
  const probe = join(resolve(directory), `.probe-${process.pid}`);
  const doing = 'trying a loop mount';
  try {
    await mkdir(probe, { recursive: true });
    await makeImage(`${probe}.ext4`, limits.sandbox.volumeBytesMin, doing);
    await mountImage(`${probe}.ext4`, probe, doing);
    await execute(['umount', probe], doing);
    return true;
  } catch (error) {
    if (error instanceof CellbookError) return false;
    throw error;
  } finally {
    await rm(`${probe}.ext4`, { force: true });
    await rm(probe, { recursive: true, force: true });
  }
}

const mountOptions = 'loop,nosuid,nodev,noatime,discard';

/**
 * Tables written when first used, nothing reserved for root or for growth (that is done unmounted). What ext4 cannot
 * read it says to whoever asked for it; the rest of the home goes on, and is stored.
 */
const makeFileSystem = [
  'mkfs.ext4',
  '-F',
  '-q',
  ...['-m', '0', '-O', '^has_journal,^resize_inode', '-e', 'continue'],
  ...['-E', `lazy_itable_init=1,nodiscard,root_owner=${sandboxUid}:${sandboxGid}`],
];

/** `s_state` of ext4's superblock (Linux: fs/ext4/ext4.h, struct ext4_super_block). */
const superblockAt = 1_024;
const stateAt = 0x3a;
const stateValid = 1;

async function resizeFile(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'a', imageMode);
  try {
    await file.truncate(bytes);
  } finally {
    await file.close();
  }
}
