/** For tests and benchmarks: what still runs of a directory that is about to go. */
import { readdir, readFile } from 'node:fs/promises';

/**
 * Ends every process whose command names something below `directory`: gVisor's sandboxes outlive the daemon that is
 * told to stop, so that its next start has them, and take part of a processor for as long as they are there.
 */
export async function endBelow(directory: string): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
    if (!command.includes(`${directory}/`)) continue;
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}
