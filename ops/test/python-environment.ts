/** A Python environment with the packages that a requirements file names, made once per machine in the cache. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const installDeadlineMs = 600_000;

/** The path of the environment's `python`. `name` is its folder in the cache. */
export async function ensurePythonEnvironment(
  cacheDirectory: string,
  name: string,
  requirements: string,
): Promise<string> {
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  const directory = join(cacheDirectory, name, digest);
  const python = join(directory, 'bin', 'python');
  const complete = join(directory, 'complete');
  if (existsSync(complete)) return python;
  // An environment holds its own path, so it is made in place; the mark is what counts, not the directory.
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(dirname(directory), { recursive: true });
  await run('python3', ['-m', 'venv', directory], { timeout: installDeadlineMs });
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
  await run(python, pip, { timeout: installDeadlineMs });
  writeFileSync(`${complete}.new`, '');
  renameSync(`${complete}.new`, complete);
  return python;
}
