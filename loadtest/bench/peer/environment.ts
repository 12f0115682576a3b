/**
 * The peer's Python environment: a venv with the pinned jupyter_server, kept in the cache that checkouts
 * share. Its name carries a digest of the pins, so new pins make a new one and a finished one is never
 * touched again. A marker is written last: a build that was cut off is not taken for a finished one.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runToEnd } from '../processes.ts';

const requirementsFile = join(import.meta.dirname, 'requirements.txt');

/** Absolute path of the environment's Python. */
export async function peerPython(note: (line: string) => void): Promise<string> {
  const digest = createHash('sha256')
    .update(await readFile(requirementsFile))
    .digest('hex');
  const directory = join(cacheDirectory(), 'bench', `peer-${digest.slice(0, 16)}`);
  const python = join(directory, 'bin', 'python');
  if (existsSync(join(directory, 'complete'))) return python;
  note(`installing the peer (jupyter_server and what it needs) into ${directory}, once`);
  await build(directory);
  return python;
}

/**
 * A venv's scripts carry its path, so it is built at the final path, under a marker written last; what an
 * earlier, unfinished build left there is moved away first.
 */
async function build(directory: string): Promise<void> {
  await mkdir(join(directory, '..'), { recursive: true });
  if (existsSync(directory)) {
    const aside = `${directory}.${randomUUID()}`;
    await rename(directory, aside);
    await rm(aside, { recursive: true, force: true });
  }
  await runToEnd('python3', ['-m', 'venv', directory]);
  const python = join(directory, 'bin', 'python');
  await runToEnd(python, ['-m', 'pip', 'install', '--quiet', '--no-deps', '--requirement', requirementsFile]);
  await runToEnd('touch', [join(directory, 'complete')]);
}

function cacheDirectory(): string {
  if (process.env.CELLBOOK_CACHE) return process.env.CELLBOOK_CACHE;
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'cellbook');
}
