/** A Python environment with Jupyter's own clients and tests, made once per machine in the cache. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensurePythonEnvironment } from '../../test/python-environment.ts';

const run = promisify(execFile);
const installDeadlineMs = 600_000;
const requirements = join(import.meta.dirname, 'requirements.txt');

/** The path of the environment's `python`. */
export const ensurePythonClients = (cacheDirectory: string): Promise<string> =>
  ensurePythonEnvironment(cacheDirectory, 'python-clients', requirements);

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
