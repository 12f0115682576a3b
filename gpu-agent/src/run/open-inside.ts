/**
 * A file that a program made, opened so that it is that program's own: the program may be hostile, the agent may read more
 * than it, and a link would have the agent carry away a file of the host's.
 */
import { constants, readlinkSync, realpathSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Null where there is none, where it is no plain file, or where it lies elsewhere. */
export async function openInside(path: string, directory: string): Promise<FileHandle | null> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => null);
  if (!file) return null;
  const isPlain = (await file.stat()).isFile();
  // Where it really lies, after every link on the way has been followed.
  const lies = readlinkSync(`/proc/self/fd/${file.fd}`);
  if (isPlain && lies.startsWith(`${realpathSync(directory)}/`)) return file;
  await file.close();
  return null;
}
