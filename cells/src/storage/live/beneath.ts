/**
 * Names in a directory that is held open. Untrusted code changes the tree while we walk it, so a path is
 * never given to the kernel whole: each step is `/proc/self/fd/<directory>/<name>`, which starts at the very
 * directory that was opened, wherever it has been moved since, and takes one name. A step into a directory
 * refuses symbolic links (O_NOFOLLOW), so nothing here ever leaves the tree that it started in.
 */
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lchown, lstat, open, readdir, readlink, rmdir, unlink } from 'node:fs/promises';
import { sandboxGid, sandboxUid } from '../../sandbox/driver.ts';
import { nameFromBytes, nameToBytes } from '../tree/name.ts';
import { errnoOf, orAbsent } from './errno.ts';
import { treeCall } from './tree-call.ts';

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

export interface Place {
  directory: FileHandle;
  name: string;
}

/** The path of one name in an open directory, as bytes. */
export function at({ directory, name }: Place): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${directory.fd}/`), nameToBytes(name)]);
}

export const openRoot = (path: string): Promise<FileHandle> =>
  treeCall(() => open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
/** Refuses a link (ELOOP) and anything that is not a directory (ENOTDIR). */
export const openDirectory = (place: Place): Promise<FileHandle> =>
  treeCall(() => open(at(place), O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
/** Never waits, whatever has been put there: a fifo opens at once and is told by its stat. */
export const openForReading = (place: Place): Promise<FileHandle> =>
  treeCall(() => open(at(place), O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
export const createFile = (place: Place, mode: number): Promise<FileHandle> =>
  treeCall(() => open(at(place), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode));

export const statOf = (place: Place): Promise<BigIntStats | null> =>
  orAbsent(treeCall(() => lstat(at(place), { bigint: true })));
export const linkTarget = async (place: Place): Promise<string> =>
  nameFromBytes(await treeCall(() => readlink(at(place), { encoding: 'buffer' })));

/** Names in an open directory, in no order; `.` and `..` are not among them. The volume's inodes bound them. */
export async function namesIn(directory: FileHandle): Promise<string[]> {
  const path = Buffer.from(`/proc/self/fd/${directory.fd}`);
  const names = await treeCall(() => readdir(path, { encoding: 'buffer' }));
  return names.map(nameFromBytes);
}

/** Files belong to the sandbox's user. A cell that is not root owns them itself, and may not give them away. */
export async function giveToSandbox(place: Place): Promise<void> {
  if (process.getuid?.() === 0) await treeCall(() => lchown(at(place), sandboxUid, sandboxGid));
}

/** Removes whatever is there; links are removed, never followed. */
export async function removeTree(place: Place): Promise<void> {
  const directory = await openDirectory(place).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return null;
    if (errnoOf(error) === 'ENOTDIR' || errnoOf(error) === 'ELOOP') return 'file' as const;
    throw error;
  });
  if (directory === null) return;
  if (directory === 'file') {
    await orAbsent(treeCall(() => unlink(at(place))));
    return;
  }
  try {
    for (const name of await namesIn(directory)) await removeTree({ directory, name });
  } finally {
    await directory.close();
  }
  await orAbsent(treeCall(() => rmdir(at(place))));
}
