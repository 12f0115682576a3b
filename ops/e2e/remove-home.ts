import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';

/** Removes a test platform's home, with the file systems its workspaces may still have mounted there. */
export function removeHome(directory: string): void {
  const mounted = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((place) => place.startsWith(`${directory}/`));
  // What is mounted within another goes with that one: the innermost first.
  for (const place of mounted.toReversed()) execFileSync('umount', ['--lazy', place]);
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}
