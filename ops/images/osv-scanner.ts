/**
 * Gets osv-scanner (Google's, over the OSV database) into the cache: built from the pinned module with the machine's
 * Go. Where there is none it says so and fails: an image that was not scanned is no clean one.
 */
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Progress, withLock } from './cache.ts';
import { succeeds } from './command.ts';
import { findGo, goInstall } from './go.ts';

const scannerModule = 'github.com/google/osv-scanner/v2/cmd/osv-scanner';
/** The newest that Go 1.26 builds. */
export const scannerVersion = 'v2.5.0';

export const scannerPath = (cache: string): string =>
  join(cache, 'osv-scanner', scannerVersion, 'osv-scanner');

export async function ensureScanner(cache: string, progress: Progress): Promise<string> {
  const path = scannerPath(cache);
  if (await succeeds([path, '--version'])) return path;
  return withLock(`${join(cache, 'osv-scanner', scannerVersion)}.lock`, progress, async () => {
    if (!(await succeeds([path, '--version']))) await build(cache, progress);
    return path;
  });
}

/** It has its name only when it is whole. */
async function build(cache: string, progress: Progress): Promise<void> {
  const go = await findGo();
  if (go === null) throw noGo();
  progress(`building osv-scanner ${scannerVersion} with Go (two minutes)`);
  const directory = join(cache, 'osv-scanner', scannerVersion);
  await mkdir(directory, { recursive: true });
  const draft = await mkdtemp(join(directory, 'draft-'));
  try {
    await goInstall(go, `${scannerModule}@${scannerVersion}`, { directory: draft, linkerFlags: '-s -w' });
    await rename(join(draft, 'osv-scanner'), scannerPath(cache));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

const noGo = (): Error =>
  new Error(
    'no osv-scanner: it is built with Go, and Go is neither on the path nor in /usr/local/go\nInstall Go (https://go.dev/doc/install) and try again.',
  );
