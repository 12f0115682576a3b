/** A Python environment with Jupyter's own clients and tests, made once per machine in the cache. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const installDeadlineMs = 600_000;
const requirements = join(import.meta.dirname, 'requirements.txt');

/** The path of the environment's `python`. */
export async function ensurePythonClients(cacheDirectory: string): Promise<string> {
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  const directory = join(cacheDirectory, 'python-clients', digest);
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

/** The source distribution of the jupyter_server that is installed there, unpacked; it carries its tests. */
export async function ensureServerSources(cacheDirectory: string, python: string): Promise<string> {
  const { stdout } = await run(python, ['-c', 'import jupyter_server; print(jupyter_server.__version__)']);
  const version = stdout.trim();
  const parent = join(cacheDirectory, 'jupyter-server-sources');
  const directory = join(parent, `jupyter_server-${version}`);
  if (existsSync(directory)) return directory;
  const draft = join(parent, `draft-${version}`);
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  const wanted = ['--no-deps', '--no-binary', 'jupyter_server', `jupyter_server==${version}`];
  const download = [
    '-m',
    'pip',
    'download',
    '--quiet',
    '--disable-pip-version-check',
    '-d',
    draft,
    ...wanted,
  ];
  await run(python, download, { timeout: installDeadlineMs });
  await run('tar', ['xzf', join(draft, `jupyter_server-${version}.tar.gz`), '-C', draft]);
  renameSync(join(draft, `jupyter_server-${version}`), directory);
  rmSync(draft, { recursive: true, force: true });
  return directory;
}
