/**
 * A directory below which nothing is for other users of the machine, whatever modes what lies in it has: users' files
 * keep the modes that their owners gave them. One that an earlier version made is closed as well.
 */
import { chmod, mkdir } from 'node:fs/promises';

export async function makePrivateDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
}
