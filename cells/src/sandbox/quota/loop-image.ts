/** Sparse ext4 images: how one is made, grown and mounted through a loop device. */
import { mkdir, open, rm, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { sandboxGid, sandboxUid } from '../driver.ts';
import { execute } from './execute.ts';

/** The whole of an image can be read past the modes of what it holds. */
export const imageMode = 0o600;

/** What an image for so much has: below a size ext4 with a journal does not fit. */
export const imageBytes = (diskBytesMax: number): number =>
  Math.max(diskBytesMax, limits.sandbox.volumeBytesMin);

export async function makeImage(image: string, bytes: number, doing: string): Promise<void> {
  await resizeFile(image, bytes);
  await execute([...makeFileSystem, image], doing);
}

export async function growImage(image: string, bytes: number, doing: string): Promise<void> {
  await resizeFile(image, bytes);
  await execute(['e2fsck', '-f', '-p', image], doing, [0, 1]);
  await execute(['resize2fs', image], doing);
}

/** Named and without helpers (`-i`), for what it is is known: probing takes as long as the mount itself. */
export async function mountImage(image: string, directory: string, doing: string): Promise<void> {
  await execute(['mount', '-i', '-t', 'ext4', '-o', mountOptions, image, directory], doing);
  await rmdir(join(directory, 'lost+found')).catch(() => undefined);
}

/** Lazily: a sandbox on its way out may still hold it; the loop device goes with its last user. */
export const unmountLazily = (directory: string, doing: string): Promise<void> =>
  execute(['umount', '--lazy', directory], doing);

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

/** A small journal (4 MB), tables written when first used, nothing reserved for root. */
const makeFileSystem = [
  'mkfs.ext4',
  '-F',
  '-q',
  ...['-m', '0', '-J', 'size=4'],
  ...['-E', `lazy_itable_init=1,lazy_journal_init=1,nodiscard,root_owner=${sandboxUid}:${sandboxGid}`],
];

async function resizeFile(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'a', imageMode);
  try {
    await file.truncate(bytes);
  } finally {
    await file.close();
  }
}
