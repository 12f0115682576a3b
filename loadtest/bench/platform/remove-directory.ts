/** Removes a benchmark's directory, with the sandboxes that still run there and the file systems mounted for them. */
import { readFile, rm } from 'node:fs/promises';
import { endBelow } from '@cellbook/shared/testing/end-below.ts';
import { runToEnd } from '../processes.ts';

export async function removeDirectory(directory: string): Promise<void> {
  await endBelow(directory);
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n');
  // What is mounted within another goes with that one: the innermost first.
  for (const mount of mounts.toReversed()) {
    const place = mount.split(' ')[1] ?? '';
    if (place.startsWith(`${directory}/`)) await runToEnd('umount', ['--lazy', place]);
  }
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
}
