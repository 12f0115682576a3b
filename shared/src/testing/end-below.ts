/** For tests and benchmarks: what still runs of a directory that is about to go. */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const passesMax = 40;

/**
 * Ends every process but this one whose command names something below `directory`, and waits until none is left:
 * gVisor's sandboxes outlive the daemon that is told to stop, and take part of a processor for as long as they run.
 */
export async function endBelow(directory: string): Promise<void> {
  for (let pass = 1; pass <= passesMax; pass++) {
    const found = await namesBelow(directory);
    if (found.length === 0) return;
    for (const pid of found) endNow(pid);
    await sleep(50);
  }
}

async function namesBelow(directory: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  // One that has ended and is not reaped yet has no command.
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')),
  );
  return pids.filter((pid, at) => pid !== process.pid && commands[at]?.includes(`${directory}/`));
}

function endNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
