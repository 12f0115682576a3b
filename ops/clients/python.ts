/**
 * The Python client's files as openapi-python-client makes them of the merged description, with a version of its
 * own and of its formatter. It works in a folder of its own, so that no settings around it count.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { ensurePythonEnvironment } from '../test/python-environment.ts';

const run = promisify(execFile);
const generateDeadlineMs = 120_000;
const requirements = join(import.meta.dirname, 'python/requirements.txt');

/** Where the package is kept. */
export const packageFolder = join(import.meta.dirname, 'python/cellbook_client');
/** Written by hand; everything else in the package is generated. */
const byHand = new Set(['connect.py']);

export const ensureGenerator = (cacheDirectory: string): Promise<string> =>
  ensurePythonEnvironment(cacheDirectory, 'python-generator', requirements);

/** Paths of the package to their text. */
export async function generatePython(cacheDirectory: string): Promise<Map<string, string>> {
  const bin = dirname(await ensureGenerator(cacheDirectory));
  const scratch = await mkdtemp(join(tmpdir(), 'cellbook-python-'));
  try {
    const output = join(scratch, 'cellbook_client');
    const description = join(import.meta.dirname, 'openapi.json');
    const words = ['generate', '--path', description, '--meta', 'none', '--output-path', output];
    await run(join(bin, 'openapi-python-client'), [...words, '--fail-on-warning'], {
      timeout: generateDeadlineMs,
      // The formatter is looked for on the path.
      env: { ...process.env, PATH: [bin, process.env.PATH].join(delimiter) },
    });
    const files = await filesIn(output);
    return new Map([...files].map(([path, text]) => [join(packageFolder, path), text]));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Generated files that are kept and that the description no longer gives. */
export async function leftOver(files: Map<string, string>): Promise<string[]> {
  const kept = [...(await filesIn(packageFolder)).keys()].filter((path) => !byHand.has(path));
  return kept.map((path) => join(packageFolder, path)).filter((path) => !files.has(path));
}

async function filesIn(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = new Map<string, string>();
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && /(\.py|py\.typed)$/.test(path))
      files.set(relative(folder, path), await readFile(path, 'utf8'));
  }
  return files;
}
